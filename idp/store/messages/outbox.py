"""Messages waiting to be sent. A row is claimed by one sender at a time, for a lease.

States: `due` (not tried yet, or just being tried), `late` (an attempt failed, another will follow),
`sent`, `failed` (given up). A sender that outlives its lease can no longer change the plan of
anyone who took over: the number of attempts is the number of its lease.

Most messages hold their sealed text. Others are written when they are delivered, because what they
say is true for minutes only: those hold what they are `about`. A promise that a page made ("look at
your mail") lies here too until the worker keeps it, sealed like a text.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from idp import clock
from idp.crypto import random_token
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import Outbox
from idp.store.rows import reader


@dataclass(frozen=True)
class OutboxRow:
    """A message to send. `attempts` counts the present one too.

    `sealed` opens at `place(id)`; it is empty while what the message is `about` is there.
    """

    id: str
    channel: str
    kind: str
    sealed: bytes
    attempts: int
    expires_at: int
    about: str | None = None


def place(outbox_id: str) -> str:
    """Return the sealing place of a message."""
    return f"outbox:sealed:{outbox_id}"


def new_id() -> str:
    """Return an id for a message about to be sealed."""
    return random_token(16)


_ROW = reader(OutboxRow, Outbox)
_ADD = Statement(
    "INSERT INTO outbox (id, channel, kind, sealed, state, attempts, due_at, expires_at,"
    " created_at, destination) VALUES (:id, :channel, :kind, :sealed, 'due', 0, :now, :expires_at,"
    " :now, :destination)"
)
_ADD_ABOUT = Statement(
    "INSERT INTO outbox (id, channel, kind, about, state, attempts, due_at, expires_at,"
    " created_at) VALUES (:id, :channel, :kind, :about, 'due', 0, :now, :expires_at, :now)"
    " ON CONFLICT DO NOTHING"
)
_OPEN = "state IN ('due', 'late')"
_HELD = f" WHERE id = :id AND {_OPEN} AND attempts = :attempts"
_DUE = Statement(
    # Text messages first: someone looks at their phone while mail can wait a little. The names
    # of the channels happen to sort so: voice, sms, reset, reach, ping, mail, logout.
    f"SELECT id FROM outbox WHERE {_OPEN} AND due_at <= :now"
    " ORDER BY channel DESC, due_at LIMIT :limit"
)
_LEASE = Statement(
    "UPDATE outbox SET due_at = :until, attempts = attempts + 1"
    f" WHERE id = :id AND {_OPEN} AND due_at <= :now"
)
_READ = Statement(f"SELECT {_ROW.columns} FROM outbox WHERE id = :id")
_SENT = Statement(
    "UPDATE outbox SET state = 'sent', sealed = NULL, sent_at = :now, reference = :reference,"
    " error = NULL WHERE id = :id AND state <> 'sent'"
)
_LATE = Statement("UPDATE outbox SET state = 'late', due_at = :due_at, error = :error" + _HELD)
_FAILED = Statement("UPDATE outbox SET state = 'failed', sealed = NULL, error = :error" + _HELD)
REPORTS = ("queued", "sending", "sent", "failed", "delivered")
"""What a carrier may report, each outranking those before it: reports arrive in any order.

A message that was handed over twice, because the first answer was lost, is delivered if one is.
"""
_REPORT = {
    status: Statement(
        "UPDATE outbox SET report = :report, reported_at = :now, reference = :reference"
        " WHERE id = :id AND (report IS NULL OR report IN ("
        + ", ".join(f"'{lower}'" for lower in ("none", *REPORTS[:rank]))
        + "))"
    )
    for rank, status in enumerate(REPORTS)
}
_TAKEN = Statement(
    "UPDATE outbox SET state = 'sent', sealed = NULL, sent_at = :now, error = NULL"
    f" WHERE id = :id AND {_OPEN}"
)
_REFUSED = Statement("UPDATE outbox SET error = :error WHERE id = :id")
_WITHDRAW = Statement(f"DELETE FROM outbox WHERE destination = :destination AND {_OPEN}")
_FILL = Statement(f"UPDATE outbox SET sealed = :sealed WHERE id = :id AND {_OPEN}")
_SEALED = Statement("SELECT sealed FROM outbox WHERE id = :id")
_REFERENCE = Statement("SELECT id FROM outbox WHERE reference = :reference")
_KIND = Statement("SELECT kind FROM outbox WHERE id = :id")
_STATE = Statement("SELECT state FROM outbox WHERE id = :id")


def add(
    work: Work,
    outbox_id: str,
    *,
    channel: str,
    kind: str,
    sealed: bytes,
    lifetime: int,
    destination: str | None = None,
) -> None:
    """Store a message that is worth sending for `lifetime` seconds.

    `destination` is the keyed digest of where it goes: see `withdraw`.
    """
    now = clock.now()
    work.run(
        _ADD,
        id=outbox_id,
        channel=channel,
        kind=kind,
        sealed=sealed,
        now=now,
        expires_at=now + lifetime,
        destination=destination,
    )


def withdraw(work: Work, destination: str) -> int:
    """Delete what waits to be sent to a destination, by its keyed digest; return how many."""
    return work.run(_WITHDRAW, destination=destination)


def fill(work: Work, outbox_id: str, sealed: bytes) -> None:
    """Give a message that waits, and is about something that goes, what it needs of that."""
    work.run(_FILL, id=outbox_id, sealed=sealed)


def sealed_of(work: Work, outbox_id: str) -> bytes:
    """Return the sealed text of a message, empty when it has none."""
    return work.value(_SEALED, id=outbox_id) or b""


def add_about(
    work: Work, outbox_id: str, *, channel: str, kind: str, about: str, lifetime: int
) -> bool:
    """Store a message to be written at its delivery; False when there is one of this id already.

    Anyone who sends such messages in this process (`listen`) hears of it after the commit.
    """
    now = clock.now()
    values = {"channel": channel, "kind": kind, "about": about}
    if work.run(_ADD_ABOUT, id=outbox_id, now=now, expires_at=now + lifetime, **values) != 1:
        return False
    work.after_commit(partial(_announce, work.engine, channel, outbox_id))
    return True


_Call = weakref.WeakMethod[Callable[[str], None]]
_listeners: weakref.WeakKeyDictionary[Any, dict[str, _Call]] = weakref.WeakKeyDictionary()


def listen(engine: Any, channel: str, call: Callable[[str], None]) -> None:
    """Have the method `call` told of each id of `channel` that `add_about` stored by `engine`.

    Messages arise in the layers below the one that can send them.
    """
    _listeners.setdefault(engine, {})[channel] = weakref.WeakMethod(call)


def _announce(engine: Any, channel: str, outbox_id: str) -> None:
    reference = _listeners.get(engine, {}).get(channel)
    call = reference() if reference else None
    if call is not None:
        call(outbox_id)


CHANNELS = ("mail", "sms", "voice", "reset", "reach", "ping", "logout")
"""Where messages go, or what a promise is of."""
_WAITING = Statement(
    f"SELECT channel, count(*), min(created_at) FROM outbox WHERE {_OPEN} GROUP BY channel"
)


@dataclass(frozen=True)
class Waiting:
    """How many messages of a channel wait, and since when the oldest does (seconds since 1970)."""

    channel: str
    count: int
    oldest: int


def waiting(work: Work) -> list[Waiting]:
    """Return what waits to be sent, by channel; nothing of a channel in which nothing does."""
    return [Waiting(*row) for row in work.all(_WAITING)]


def due(work: Work, limit: int = 50) -> list[str]:
    """Return the ids of messages whose time has come: text messages first, then the oldest."""
    return work.column(_DUE, now=clock.now(), limit=limit)


def lease(work: Work, outbox_id: str, seconds: int) -> OutboxRow | None:
    """Claim a due message for `seconds`; None when another sender has it or it is done."""
    now = clock.now()
    if work.run(_LEASE, id=outbox_id, now=now, until=now + seconds) != 1:
        return None
    return _ROW.one(work.one(_READ, id=outbox_id))


def mark_sent(work: Work, row: OutboxRow, reference: str | None) -> bool:
    """Note the delivery, and forget the text; False when that is noted already.

    `reference` is the carrier's own id.
    """
    # Whoever sent it, sent it: this holds even when another sender already has the lease.
    reference = reference and reference[:64]
    return work.run(_SENT, id=row.id, now=clock.now(), reference=reference) == 1


def mark_late(work: Work, row: OutboxRow, due_at: int, error: str) -> bool:
    """Keep the message for an attempt at `due_at`; False when another sender already has it."""
    values = {"due_at": due_at, "error": error[:200]}
    return work.run(_LATE, id=row.id, attempts=row.attempts, **values) == 1


def mark_failed(work: Work, row: OutboxRow, error: str) -> bool:
    """Give the message up, and forget its text; False when another sender already has it."""
    return work.run(_FAILED, id=row.id, attempts=row.attempts, error=error[:200]) == 1


def state(work: Work, outbox_id: str) -> str | None:
    """Return `due`, `late`, `sent` or `failed`; None when there is no such message."""
    state: str | None = work.value(_STATE, id=outbox_id)
    return state


_ENDED = Statement("SELECT state, error FROM outbox WHERE id = :id")


def outcome(work: Work, outbox_id: str) -> tuple[str, str]:
    """Return the state of a message (as `state`) and why it was not sent, "" when that is unknown.

    A message that is gone has been `failed`.
    """
    state, error = work.one(_ENDED, id=outbox_id) or ("failed", "")
    return state, error or ""


@dataclass(frozen=True)
class Report:
    """What a carrier says of a message: one of `REPORTS`, its own id, and why it failed.

    `outbox_id` is "" where the carrier was not told it; then `reference` finds the message.
    """

    outbox_id: str
    reference: str
    status: str
    error: str | None = None


def report(work: Work, said: Report) -> tuple[str, str] | None:
    """Note a report; the message's id and kind, or None when it is unknown or tells nothing new.

    It may come before `mark_sent` does: then it says that the carrier has the message.
    """
    outbox_id = said.outbox_id
    if not outbox_id:
        outbox_id = work.value(_REFERENCE, reference=said.reference) or ""
    now, values = clock.now(), {"report": said.status, "reference": said.reference[:64]}
    if work.run(_REPORT[said.status], id=outbox_id, now=now, **values) != 1:
        return None
    if said.status == "failed":
        work.run(_REFUSED, id=outbox_id, error=(said.error or "")[:200])
    else:
        work.run(_TAKEN, id=outbox_id, now=now)
    kind = work.value(_KIND, id=outbox_id)
    return None if kind is None else (outbox_id, kind)
