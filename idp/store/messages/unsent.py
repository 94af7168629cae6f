"""Messages of the outbox that were not sent, as an operator looks at them: no text, no address."""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import Outbox
from idp.store.rows import reader


@dataclass(frozen=True)
class UnsentRow:
    """A message whose `state` is `due`, `late` or `failed`. Times in seconds since 1970 UTC."""

    id: str
    channel: str
    kind: str
    state: str
    attempts: int
    due_at: int
    expires_at: int
    created_at: int
    error: str | None


_ROW = reader(UnsentRow, Outbox)
_UNSENT = "state IN ('due', 'late', 'failed')"
_AFTER = Statement(
    f"SELECT {_ROW.columns} FROM outbox WHERE {_UNSENT} AND id > :after ORDER BY id LIMIT :limit"
)
_ONE = Statement(f"SELECT {_ROW.columns} FROM outbox WHERE {_UNSENT} AND id = :id")
_HASTEN = Statement(
    "UPDATE outbox SET due_at = :now WHERE id = :id AND state IN ('due', 'late')"
    " AND expires_at > :late"
)


def after(work: Work, message_id: str, limit: int) -> list[UnsentRow]:
    """Return messages that were not sent, by id, from the one after `message_id` on."""
    return _ROW.all(work.all(_AFTER, after=message_id, limit=limit))


def one(work: Work, message_id: str) -> UnsentRow | None:
    """Return a message that was not sent; None where there is none."""
    return _ROW.one(work.one(_ONE, id=message_id))


def hasten(work: Work, message_id: str) -> bool:
    """Let a message be due now; False when it waits no more, or is too old."""
    now = clock.now()
    return work.run(_HASTEN, id=message_id, now=now, late=now) == 1
