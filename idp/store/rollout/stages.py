"""The stages of the rollout."""

import json
from typing import Any

from idp import clock
from idp.policy.rollout import Stage
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.rollout import RolloutStage
from idp.store.rows import Piece, reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import STAGE

_ROW = Sealed(
    STAGE,
    reader(
        Stage,
        RolloutStage,
        audience=Piece(RolloutStage.audience, lambda text: tuple(json.loads(text))),
        excluded=Piece(RolloutStage.excluded, lambda text: tuple(json.loads(text))),
        why=Piece(RolloutStage.why, json.loads),
    ),
)
_COLUMNS = STAGE.columns[1:]
"""What a change may change."""
_ALL = Statement(
    f"SELECT {_ROW.columns} FROM rollout_stage ORDER BY enforce_at IS NULL, enforce_at, id"
)
_ONE = Statement(f"SELECT {_ROW.columns} FROM rollout_stage WHERE id = :id")
_ADD = Statement(
    f"INSERT INTO rollout_stage (id, {', '.join(_COLUMNS)}, version, created_at, tag)"
    f" VALUES (:id, {', '.join(':' + name for name in _COLUMNS)}, 1, :now, :tag)"
    " ON CONFLICT DO NOTHING"
)
_CHANGE = Statement(
    f"UPDATE rollout_stage SET {', '.join(f'{name} = :{name}' for name in _COLUMNS)},"
    " version = version + 1, tag = :tag WHERE id = :id AND version = :version"
)
_HOLD = Statement(
    "UPDATE rollout_stage SET version = version WHERE id = :id AND version = :version"
)
_REMOVE = Statement("DELETE FROM rollout_stage WHERE id = :id AND version = :version")
_REMOVE_EXCEPTIONS = Statement("DELETE FROM rollout_exception WHERE stage_id = :id")


def everything(work: Work) -> tuple[Stage, ...]:
    """Return all stages, earliest first, those without a date last.

    Raises:
        AlteredError: one was changed from outside. What would be asked without it is too little.
    """
    return tuple(found for row in work.all(_ALL) if (found := _ROW.sure(work, row)))


def by_id(work: Work, stage_id: str) -> Stage | None:
    """Return the stage of this id.

    Raises:
        AlteredError: it was changed from outside.
    """
    return _ROW.sure(work, work.one(_ONE, id=stage_id))


def add(work: Work, stage: Stage) -> bool:
    """Add a stage; False when one of this id exists."""
    return work.run(_ADD, now=clock.now(), **_values(work, stage)) == 1


def claim_change(work: Work, stage: Stage) -> bool:
    """Write all that `stage` says; False when it is no longer of the version that it names."""
    return work.run(_CHANGE, version=stage.version, **_values(work, stage)) == 1


def hold(work: Work, stage: Stage) -> bool:
    """Let nobody change a stage until this unit of work ends; False when somebody did before."""
    return work.run(_HOLD, id=stage.id, version=stage.version) == 1


def claim_removal(work: Work, stage: Stage) -> bool:
    """Remove a stage and the exceptions from it; False when it is no longer of that version."""
    if work.run(_REMOVE, id=stage.id, version=stage.version) != 1:
        return False
    work.run(_REMOVE_EXCEPTIONS, id=stage.id)
    return True


def _values(work: Work, stage: Stage) -> dict[str, Any]:
    values = {name: getattr(stage, name) for name in STAGE.columns}
    values |= {
        "audience": json.dumps(stage.audience),
        "excluded": json.dumps(stage.excluded),
        "why": json.dumps(dict(stage.why)),
        "strength": stage.strength.value,
        "proof": stage.proof.value if stage.proof else None,
        "reminders": " ".join(map(str, stage.reminders)),
    }
    return values | {"tag": STAGE.tag(work, **values)}
