"""`make bench ARGS='--against REV'`: two revisions measured in turn, by their outside alone."""

import tempfile
from pathlib import Path

import pytest

from benchmarks import against
from benchmarks.__main__ import main
from benchmarks.load import Unexpected
from benchmarks.ratios import Round, table
from tests.conftest import leave_out

REVISION = "HEAD"


def why_missing() -> str | None:
    """Return why no other revision can be had here; None when one can."""
    try:
        against.commit(REVISION)
    except Unexpected as error:
        return str(error)
    return None


@pytest.fixture
def repository() -> None:
    """A repository with a revision to measure."""
    if reason := why_missing():
        leave_out(f"git is missing: {reason}")


@pytest.mark.slow
@pytest.mark.usefixtures("repository")
def test_a_revision_and_the_working_tree_are_measured_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    few = ["--database", "sqlite", "--only", "exchange,introspection", "--seconds", "1"]
    status = main(["--against", REVISION, *few])
    said = capsys.readouterr()
    assert status == 0, said.err
    head, _, rows = said.out.partition("\n\n")
    assert "after: the working tree" in head
    names, *found = [line.split() for line in rows.splitlines()]
    assert names[:5] == ["operation", "database", "before", "us", "after"]
    assert [row[:2] for row in found] == [["exchange", "sqlite"], ["introspection", "sqlite"]]
    assert all(float(number) > 0 for row in found for number in row[2:5])
    assert "too few rounds to tell" in rows
    assert not list(tmp_path.iterdir()), "the temporary folder stays"


@pytest.mark.usefixtures("repository")
def test_an_unknown_revision_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--against", "no-such-revision"]) == 1
    said = capsys.readouterr()
    assert said.err == "The benchmark ended: this repository has no revision 'no-such-revision'\n"
    assert said.out == ""


@pytest.mark.parametrize(
    ("ratios", "told"),
    [
        ([1.2] * 7, "too few rounds to tell"),
        ([1.09, 1.1, 1.11] * 10, "slower: +10.0%"),
        ([0.89, 0.9, 0.91] * 10, "faster: -10.0%"),
        ([0.995, 1.0, 1.012] * 10, "no difference beyond 2.0%"),
        ([0.7, 0.8, 1.0, 1.2, 1.4] * 4, "CANNOT TELL: the spread is too large"),
    ],
)
def test_the_table_says_what_the_ratios_tell(ratios: list[float], told: str) -> None:
    rounds = [Round(before=1e-3, after=1e-3 * ratio) for ratio in ratios]
    assert told in table({("exchange", "sqlite"): rounds})
