"""The stages of the MFA rollout."""

from idp import clock
from idp.policy.rollout import Stage
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models import service
from idp.store.rows import reader

_ROW = reader(Stage, service.Stage)
_ALL = Statement(f"SELECT {_ROW.columns} FROM stage ORDER BY enforce_at, id")
_ADD = Statement(
    "INSERT INTO stage (id, audience, level, required, enforce_at, created_at)"
    " VALUES (:id, :audience, :level, :required, :enforce_at, :now) ON CONFLICT DO NOTHING"
)
_MOVE = Statement("UPDATE stage SET enforce_at = :enforce_at WHERE id = :id")
_REMOVE = Statement("DELETE FROM stage WHERE id = :id")


def everything(work: Work) -> tuple[Stage, ...]:
    """Return all stages, earliest first."""
    return tuple(_ROW.all(work.all(_ALL)))


def add(work: Work, stage: Stage) -> bool:
    """Add a stage; False when one of this id exists."""
    values = {
        "id": stage.id,
        "audience": stage.audience,
        "level": stage.level,
        "required": stage.required,
        "enforce_at": stage.enforce_at,
    }
    return work.run(_ADD, now=clock.now(), **values) == 1


def move(work: Work, stage_id: str, enforce_at: int) -> bool:
    """Set another date; False when there is no such stage."""
    return work.run(_MOVE, id=stage_id, enforce_at=enforce_at) == 1


def remove(work: Work, stage_id: str) -> bool:
    """Remove a stage; False when there is none."""
    return work.run(_REMOVE, id=stage_id) == 1
