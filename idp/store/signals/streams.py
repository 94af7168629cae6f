"""Streams of signals, one of an application at most; and which process pushes one for now."""

from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.signals import SignalStream
from idp.store.rows import reader

ENABLED, PAUSED, DISABLED = "enabled", "paused", "disabled"
LEASE_SECONDS = 60
"""For how long a turn to push lasts that nothing is heard of: longer than one token may take."""


@dataclass(frozen=True)
class StreamRow:
    """A stream, and how its delivery goes. Times in seconds since 1970 UTC."""

    id: str
    client_id: str
    sector: str | None
    """Of its pairwise subjects, as it was when the worker looked last."""
    data: str
    sealed: bytes | None
    pushed: bool
    status: str
    reason: str | None
    """Why it is not enabled, as its application is told."""
    created_at: int
    updated_at: int
    asked_at: int
    """When it was verified last; 0: never."""
    sent: int
    sent_at: int | None
    failures: int
    """In a row; 0 while all is well."""
    failing_since: int | None
    retry_at: int
    error: str | None
    """What went wrong, for operators."""
    fence: int


def place(stream_id: str) -> str:
    """Return the sealing place of what is shown at its address."""
    return f"signal_stream:sealed:{stream_id}"


_ROW = reader(StreamRow, SignalStream)
_ALL = Statement(f"SELECT {_ROW.columns} FROM signal_stream ORDER BY client_id")
_ANY = Statement("SELECT count(*) FROM signal_stream")
_OF = Statement(f"SELECT {_ROW.columns} FROM signal_stream WHERE client_id = :client_id")
_ADD = Statement(
    "INSERT INTO signal_stream (id, client_id, sector, data, sealed, pushed, status, created_at,"
    " updated_at, asked_at, sent, failures, retry_at, fence, held_until)"
    f" VALUES (:id, :client_id, :sector, :data, :sealed, :pushed, '{ENABLED}', :now,"
    " :now, 0, 0, 0, 0, 0, 0)"
)
_CHANGE = Statement(
    "UPDATE signal_stream SET data = :data, sealed = :sealed, pushed = :pushed, updated_at = :now,"
    " failures = 0, failing_since = NULL, retry_at = 0, error = NULL, fence = fence + 1,"
    " holder = NULL WHERE id = :id AND data = :was"
)
_STATUS = Statement(
    "UPDATE signal_stream SET status = :status, reason = :reason, updated_at = :now, failures = 0,"
    " failing_since = NULL, retry_at = 0, fence = fence + 1, holder = NULL"
    " WHERE id = :id AND status = :was"
)
_KEEP_ERROR = Statement("UPDATE signal_stream SET error = :error WHERE id = :id")
_SECTOR = Statement("UPDATE signal_stream SET sector = :sector WHERE id = :id")
_ASK = Statement("UPDATE signal_stream SET asked_at = :now WHERE id = :id AND asked_at <= :before")
_DELETE = Statement("DELETE FROM signal_stream WHERE id = :id")
_DUE = Statement(
    f"SELECT s.id FROM signal_stream s WHERE s.pushed AND s.status = '{ENABLED}'"
    " AND (s.retry_at <= :now OR s.retry_at > :latest)"
    " AND (s.holder IS NULL OR s.held_until <= :now OR s.held_until > :until)"
    " AND EXISTS (SELECT 1 FROM signal_set w WHERE w.stream_id = s.id) ORDER BY s.sent_at"
)
# A turn that would last longer than any does was taken before a clock was set back.
_CLAIM = Statement(
    "UPDATE signal_stream SET fence = fence + 1, holder = :holder, held_until = :until"
    f" WHERE id = :id AND status = '{ENABLED}' AND pushed"
    " AND (holder IS NULL OR held_until <= :now OR held_until > :until)"
    f" AND (retry_at <= :now OR retry_at > :latest) RETURNING {_ROW.columns}"
)
_GO_ON = Statement(
    "UPDATE signal_stream SET sent = sent + :sent, sent_at = :now, failures = 0,"
    " failing_since = NULL, retry_at = 0, error = NULL, held_until = :until"
    " WHERE id = :id AND fence = :fence"
)
_FAIL = Statement(
    "UPDATE signal_stream SET failures = failures + 1, error = :error, retry_at = :retry_at,"
    " failing_since = COALESCE(failing_since, :now), holder = NULL"
    " WHERE id = :id AND fence = :fence"
)
_LEAVE = Statement("UPDATE signal_stream SET holder = NULL WHERE id = :id AND fence = :fence")
_TAKEN = Statement("UPDATE signal_stream SET sent = sent + :sent, sent_at = :now WHERE id = :id")


def everyone(work: Work) -> list[StreamRow]:
    """Return all streams, by application."""
    return _ROW.all(work.all(_ALL))


def count(work: Work) -> int:
    """Return how many streams there are."""
    return int(work.value(_ANY))


def of(work: Work, client_id: str) -> StreamRow | None:
    """Return the stream of an application, if it has one."""
    return _ROW.one(work.one(_OF, client_id=client_id))


def add(work: Work, **values: Any) -> bool:
    """Keep a new stream; False where the application has one, or is gone."""
    return work.unless_taken(_ADD, **values, now=clock.now()) == 1


def change(work: Work, row: StreamRow, data: str, sealed: bytes | None, pushed: bool) -> bool:
    """Change what a stream is; whoever pushes stops. False: somebody else was faster."""
    values = {"data": data, "sealed": sealed, "pushed": pushed, "now": clock.now()}
    return work.run(_CHANGE, id=row.id, was=row.data, **values) == 1


def set_status(work: Work, row: StreamRow, status: str, reason: str | None) -> bool:
    """Enable a stream or stop it; whoever pushes stops. False: somebody else was faster."""
    values = {"status": status, "reason": reason, "now": clock.now()}
    return work.run(_STATUS, id=row.id, was=row.status, **values) == 1


def keep_error(work: Work, stream_id: str, error: str | None) -> None:
    """Keep what operators read of a stream's trouble."""
    work.run(_KEEP_ERROR, id=stream_id, error=error[:200] if error else None)


def set_sector(work: Work, stream_id: str, sector: str | None) -> None:
    """Keep the sector of a stream's subjects."""
    work.run(_SECTOR, id=stream_id, sector=sector)


def claim_verification(work: Work, stream_id: str, seconds: int) -> bool:
    """Let a stream be verified; False when the last time was less than `seconds` ago."""
    now = clock.now()
    return work.run(_ASK, id=stream_id, now=now, before=now - seconds) == 1


def delete(work: Work, stream_id: str) -> bool:
    """Delete a stream with all that waits in it."""
    return work.run(_DELETE, id=stream_id) == 1


def due(work: Work, longest_wait: int) -> list[str]:
    """Return the streams in which something waits to be pushed by anybody, oldest first.

    No wait is longer than `longest_wait` seconds.
    """
    now = clock.now()
    return work.column(_DUE, now=now, latest=now + longest_wait, until=now + LEASE_SECONDS)


def claim_turn(work: Work, stream_id: str, holder: str, longest_wait: int) -> StreamRow | None:
    """Take the turn to push, to be committed at once; None while another process has it."""
    now = clock.now()
    values = {"now": now, "latest": now + longest_wait, "until": now + LEASE_SECONDS}
    return _ROW.one(work.one(_CLAIM, id=stream_id, holder=holder, **values))


def go_on(work: Work, row: StreamRow, sent: int) -> bool:
    """Note that `sent` tokens were taken, and keep the turn; False: it is another's by now."""
    now = clock.now()
    values = {"sent": sent, "now": now, "until": now + LEASE_SECONDS}
    return work.run(_GO_ON, id=row.id, fence=row.fence, **values) == 1


def fail(work: Work, row: StreamRow, error: str, seconds: int) -> bool:
    """Note why a token was not taken, and let it be tried again in `seconds`."""
    now = clock.now()
    values = {"error": error[:200], "retry_at": now + seconds, "now": now}
    return work.run(_FAIL, id=row.id, fence=row.fence, **values) == 1


def leave_turn(work: Work, row: StreamRow) -> None:
    """Let another process push at once."""
    work.run(_LEAVE, id=row.id, fence=row.fence)


def taken(work: Work, stream_id: str, count: int) -> None:
    """Note that tokens were polled and acknowledged."""
    work.run(_TAKEN, id=stream_id, sent=count, now=clock.now())
