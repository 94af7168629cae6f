"""People whom a stage does not reach until a time."""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.rollout import RolloutException
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import EXCEPTION


@dataclass(frozen=True)
class ExceptionRow:
    """One exception: `author` gave it, and it ends by itself at `until`."""

    stage_id: str
    person_id: str
    until: int
    reason: str
    author: str
    created_at: int


_ROW = Sealed(EXCEPTION, reader(ExceptionRow, RolloutException))
_PUT = Statement(
    "INSERT INTO rollout_exception (stage_id, person_id, until, reason, author, created_at, tag)"
    " VALUES (:stage_id, :person_id, :until, :reason, :author, :created_at, :tag)"
    " ON CONFLICT (stage_id, person_id) DO UPDATE SET until = excluded.until,"
    " reason = excluded.reason, author = excluded.author, created_at = excluded.created_at,"
    " tag = excluded.tag"
)
_END = Statement(
    "DELETE FROM rollout_exception WHERE stage_id = :stage_id AND person_id = :person_id"
)
_NOW = Statement(f"SELECT {_ROW.columns} FROM rollout_exception WHERE until > :now")
_OF = Statement(
    f"SELECT {_ROW.columns} FROM rollout_exception WHERE person_id = :person_id AND until > :now"
    " ORDER BY until"
)


def put(work: Work, *, stage_id: str, person_id: str, until: int, reason: str, author: str) -> None:
    """Let a stage not reach a person before `until`, in the place of what was said of them."""
    values = {
        "stage_id": stage_id,
        "person_id": person_id,
        "until": until,
        "reason": reason,
        "author": author,
        "created_at": clock.now(),
    }
    work.run(_PUT, **values, tag=EXCEPTION.tag(work, **values))


def end(work: Work, stage_id: str, person_id: str) -> bool:
    """Let the stage reach the person again; False when there was no exception."""
    return work.run(_END, stage_id=stage_id, person_id=person_id) == 1


def holding(work: Work) -> list[ExceptionRow]:
    """Return all that hold now; one that was altered holds no one back from a stage."""
    return _ROW.all(work, work.all(_NOW, now=clock.now()))


def of(work: Work, person_id: str) -> list[ExceptionRow]:
    """Return those of one person that hold now, the first to end first."""
    return _ROW.all(work, work.all(_OF, person_id=person_id, now=clock.now()))
