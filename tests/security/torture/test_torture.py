"""`make torture` in short: faults under load on both databases, and two broken builds."""

from pathlib import Path

import pytest

from torture.broken import BROKEN
from torture.run import Result, run

SECONDS = 6.0


def tortured(folder: Path, database: str, *faults: str, broken: str = "") -> Result:
    """Return what came of a run of some seconds."""
    place = folder / "torture"
    place.mkdir()
    made = BROKEN[broken] if broken else None
    return run(place, database, faults, seconds=SECONDS, seed=1, broken=made)


def assert_it_held(result: Result) -> None:
    assert not result.troubles
    assert not result.violations
    assert result.tokens > 20, "too little was asked to tell anything"
    assert result.attacks > 5


@pytest.mark.slow
def test_what_was_acknowledged_on_sqlite_outlives_kills_at_the_worst_moments(
    open_folder: Path,
) -> None:
    faults = ("worker killed", "crash at commit-together", "crash at answer", "server killed")
    assert_it_held(tortured(open_folder, "sqlite", *faults))


@pytest.mark.slow
@pytest.mark.postgres
def test_what_was_acknowledged_on_postgresql_outlives_kills_and_lost_connections(
    open_folder: Path,
) -> None:
    faults = ("crash at commit-alone", "backends terminated", "worker killed")
    assert_it_held(tortured(open_folder, "postgresql", *faults))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["a code is claimed without a condition", "a revocation is answered and not committed"],
)
def test_a_broken_build_is_found(open_folder: Path, name: str) -> None:
    result = tortured(open_folder, "sqlite", "none", broken=name)
    assert BROKEN[name].found_by in result.violations
