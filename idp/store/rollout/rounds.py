"""How far everyone was gone through for a mail of a stage, and whose turn it is to go on.

Any number of workers may run: who goes on holds the one row of `rollout_turn` until its batch is
committed, and a batch that is not committed has not been.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.notices import RolloutRound
from idp.store.rows import reader

MAIL = "mail"


@dataclass(frozen=True)
class Key:
    """One mail to everyone whom a date of a stage concerns."""

    stage_id: str
    enforce_at: int
    kind: str

    @property
    def values(self) -> dict[str, str | int]:
        """Return it as a statement takes it."""
        return {"stage_id": self.stage_id, "enforce_at": self.enforce_at, "kind": self.kind}


@dataclass(frozen=True)
class RoundRow:
    """One going through everyone, who come by their id; `after` is the last that was looked at."""

    stage_id: str
    enforce_at: int
    kind: str
    after: str
    version: int
    """Of the stage, when it began."""
    begun_at: int
    done_at: int | None
    queued: int
    """How many mails it has queued."""


_ROW = reader(RoundRow, RolloutRound)
_KEY = "stage_id = :stage_id AND enforce_at = :enforce_at AND kind = :kind"
_OF = Statement(f"SELECT {_ROW.columns} FROM rollout_round WHERE {_KEY}")
_BEGIN = Statement(
    "INSERT INTO rollout_round (stage_id, enforce_at, kind, after, version, begun_at, done_at,"
    " queued) VALUES (:stage_id, :enforce_at, :kind, '', :version, :now, NULL, 0)"
    " ON CONFLICT (stage_id, enforce_at, kind) DO UPDATE SET after = '', version = :version,"
    " begun_at = :now, done_at = NULL, queued = 0"
)
_MOVE = Statement(
    "UPDATE rollout_round SET after = :after, queued = queued + :queued, done_at = :done_at"
    f" WHERE {_KEY}"
)
_FORGET = Statement("DELETE FROM rollout_round WHERE stage_id = :stage_id")
_TURN = Statement(
    "INSERT INTO rollout_turn (id, free_at) VALUES (:id, 0) ON CONFLICT (id) DO NOTHING"
)
_CLAIM = Statement("UPDATE rollout_turn SET free_at = free_at WHERE id = :id AND free_at <= :now")
_WAIT = Statement(
    "UPDATE rollout_turn SET free_at = :seconds"
    " + CASE WHEN free_at < :since THEN :since ELSE free_at END WHERE id = :id"
)


def of(work: Work, key: Key) -> RoundRow | None:
    """Return how far a mail is; None when it was not begun."""
    return _ROW.one(work.one(_OF, **key.values))


def begin(work: Work, key: Key, version: int) -> RoundRow:
    """Begin to go through everyone, be it again. The caller has the turn."""
    now = clock.now()
    work.run(_BEGIN, **key.values, version=version, now=now)
    return RoundRow(key.stage_id, key.enforce_at, key.kind, "", version, now, None, 0)


def move(work: Work, key: Key, after: str, queued: int, *, done: bool) -> None:
    """Note that everyone up to `after` was looked at. The caller has the turn."""
    done_at = clock.now() if done else None
    work.run(_MOVE, **key.values, after=after, queued=queued, done_at=done_at)


def forget(work: Work, stage_id: str) -> None:
    """Forget how far the mails of a stage are, which is going."""
    work.run(_FORGET, stage_id=stage_id)


def claim_turn(work: Work) -> bool:
    """Take the turn until this unit of work ends; False when no mail may be queued yet."""
    work.run(_TURN, id=MAIL)
    return work.run(_CLAIM, id=MAIL, now=clock.now()) == 1


def wait(work: Work, seconds: int, credit: int) -> None:
    """Let the next turn begin in `seconds`, less what it came late, up to `credit` seconds."""
    work.run(_WAIT, id=MAIL, seconds=seconds, since=clock.now() - credit)
