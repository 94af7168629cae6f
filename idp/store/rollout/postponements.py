"""Sign-ins in which setting up what a stage demands was put off.

They are counted by person and level, over all stages, and never deleted while the person is there:
so a reset, another date or another stage gives no new grace.
"""

from collections.abc import Collection
from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement

_ADD = Statement(
    "INSERT INTO rollout_postponement (person_id, interaction_id, level, stage_id, at)"
    " VALUES (:person_id, :interaction_id, :level, :stage_id, :now) ON CONFLICT DO NOTHING"
)
_OF = Statement(
    "SELECT level, interaction_id FROM rollout_postponement WHERE person_id = :person_id"
)


@dataclass(frozen=True)
class Postponed:
    """How often the set-up of each level was put off, and of which levels in these sign-ins."""

    times: dict[str, int]
    here: frozenset[str]


def of(work: Work, person_id: str, sign_ins: Collection[str]) -> Postponed:
    """Return what a person put off; `sign_ins` are ids of interactions."""
    times: dict[str, int] = {}
    here = set()
    for level, interaction_id in work.all(_OF, person_id=person_id):
        times[level] = times.get(level, 0) + 1
        if interaction_id in sign_ins:
            here.add(level)
    return Postponed(times, frozenset(here))


def claim(work: Work, person_id: str, interaction_id: str, *, level: str, stage_id: str) -> bool:
    """Put it off once; False when that was done in this sign-in. The caller locks the person."""
    values = {"level": level, "stage_id": stage_id, "now": clock.now()}
    return work.run(_ADD, person_id=person_id, interaction_id=interaction_id, **values) == 1
