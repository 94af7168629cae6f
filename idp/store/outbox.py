"""Messages waiting to be sent. A row is claimed by one sender at a time, for a lease.

States: `due` (not tried yet, or just being tried), `late` (an attempt failed, another will follow),
`sent`, `failed` (given up). A sender that outlives its lease can no longer change the plan of
whoever took over: the number of attempts is the number of its lease.
"""

from dataclasses import dataclass

from idp import clock
from idp.crypto import random_token
from idp.store.db import Statement, Work


@dataclass(frozen=True)
class OutboxRow:
    """A message to send. `sealed` opens at `place(id)`; `attempts` counts the present one too."""

    id: str
    channel: str
    kind: str
    sealed: bytes
    attempts: int
    expires_at: int


def place(outbox_id: str) -> str:
    """Return the sealing place of a message."""
    return f"outbox:sealed:{outbox_id}"


def new_id() -> str:
    """Return an id for a message about to be sealed."""
    return random_token(16)


_ADD = Statement(
    "INSERT INTO outbox (id, channel, kind, sealed, state, attempts, due_at, expires_at,"
    " created_at) VALUES (:id, :channel, :kind, :sealed, 'due', 0, :now, :expires_at, :now)"
)
_OPEN = "state IN ('due', 'late')"
_HELD = f" WHERE id = :id AND {_OPEN} AND attempts = :attempts"
_DUE = Statement(
    # Text messages first: somebody looks at their phone while mail can wait a little.
    f"SELECT id FROM outbox WHERE {_OPEN} AND due_at <= :now"
    " ORDER BY channel DESC, due_at LIMIT :limit"
)
_LEASE = Statement(
    "UPDATE outbox SET due_at = :until, attempts = attempts + 1"
    f" WHERE id = :id AND {_OPEN} AND due_at <= :now"
)
_READ = Statement(
    "SELECT id, channel, kind, sealed, attempts, expires_at FROM outbox WHERE id = :id"
)
_SENT = Statement(
    "UPDATE outbox SET state = 'sent', sealed = NULL, sent_at = :now, reference = :reference,"
    " error = NULL WHERE id = :id AND state <> 'sent'"
)
_LATE = Statement("UPDATE outbox SET state = 'late', due_at = :due_at, error = :error" + _HELD)
_FAILED = Statement("UPDATE outbox SET state = 'failed', sealed = NULL, error = :error" + _HELD)
_STATE = Statement("SELECT state FROM outbox WHERE id = :id")


def add(
    work: Work, outbox_id: str, *, channel: str, kind: str, sealed: bytes, lifetime: int
) -> None:
    """Store a message that is worth sending for `lifetime` seconds."""
    now = clock.now()
    work.run(
        _ADD,
        id=outbox_id,
        channel=channel,
        kind=kind,
        sealed=sealed,
        now=now,
        expires_at=now + lifetime,
    )


def due(work: Work, limit: int = 50) -> list[str]:
    """Return the ids of messages whose time has come: text messages first, then the oldest."""
    return [row[0] for row in work.all(_DUE, now=clock.now(), limit=limit)]


def lease(work: Work, outbox_id: str, seconds: int) -> OutboxRow | None:
    """Claim a due message for `seconds`; None when another sender has it or it is done."""
    now = clock.now()
    if work.run(_LEASE, id=outbox_id, now=now, until=now + seconds) != 1:
        return None
    row = work.one(_READ, id=outbox_id)
    if row is None:
        return None
    values = [*row[:3], bytes(row[3] or b""), *row[4:]]
    return OutboxRow(*values)


def mark_sent(work: Work, row: OutboxRow, reference: str | None) -> None:
    """Note the delivery, and forget the text. `reference` is the carrier's own id."""
    # Whoever sent it, sent it: this holds even when another sender has the lease by now.
    reference = reference and reference[:64]
    work.run(_SENT, id=row.id, now=clock.now(), reference=reference)


def mark_late(work: Work, row: OutboxRow, due_at: int, error: str) -> None:
    """Keep the message for another attempt at `due_at`, unless another sender has it by now."""
    work.run(_LATE, id=row.id, attempts=row.attempts, due_at=due_at, error=error[:200])


def mark_failed(work: Work, row: OutboxRow, error: str) -> None:
    """Give the message up, and forget its text, unless another sender has it by now."""
    work.run(_FAILED, id=row.id, attempts=row.attempts, error=error[:200])


def state(work: Work, outbox_id: str) -> str | None:
    """Return `due`, `late`, `sent` or `failed`; None when there is no such message."""
    row = work.one(_STATE, id=outbox_id)
    return row[0] if row else None
