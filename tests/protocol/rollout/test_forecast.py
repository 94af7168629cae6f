"""What a forecast says of everyone is what happens to everyone when the stage is enforced."""

from pathlib import Path

import pytest

from idp.policy.readiness import State
from tests.protocol.rollout.everyone import INSTALLATIONS, compare

pytestmark = pytest.mark.slow

PEOPLE = 75


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_everyone_fares_as_was_foretold_once_the_stage_is_enforced(
    tmp_path: Path, database_url: str, installation: str
) -> None:
    found = compare(tmp_path, database_url, installation, PEOPLE, sum(map(ord, installation)))
    assert not found.wrong, "\n".join(map(str, found.wrong[:6]))
    assert len(found.seen) == len(State), "nobody of a kind was drawn"
