"""How far each receiver of a stream of events is, and which process sends to it for now.

No event is copied: a receiver has a cursor over the table of events. One process sends at a time;
the number of its turn (`Turn.fence`) is a condition of what moves the cursor. Owns the rows, and up
to which event nothing can come in between any more (`settled`).
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import StreamReceiver
from idp.store.rows import reader

LEASE_SECONDS = 90
"""For how long a turn lasts that nothing is heard of: longer than a batch may take."""
SIGNALS = "signals"
"""The follower that reads the trail for the streams of applications (`idp.signals`)."""
COUNTED_AFTER = 120
"""Seconds after which nothing counts to an event any more: those of its minute are over."""


@dataclass(frozen=True)
class ReceiverRow:
    """A receiver: all events up to `position` have arrived there."""

    name: str
    position: int
    recounted: int
    """Up to this event it has also been told how many were alike."""
    sent: int
    failures: int
    """In a row; 0 while all is well."""
    retry_at: int
    error: str | None
    sent_at: int | None
    """When the last batch had arrived."""


@dataclass(frozen=True)
class Turn:
    """The right to send, and from where on."""

    fence: int
    position: int
    recounted: int


@dataclass(frozen=True)
class Lag:
    """How many events are waiting, about, and when the oldest of them was."""

    count: int
    oldest: int | None


@dataclass(frozen=True)
class Writers:
    """The newest number that an event may have, and who was writing events when it was asked."""

    newest: int
    writing: frozenset[str]


_ROW = reader(ReceiverRow, StreamReceiver)
_NEWEST = Statement("SELECT coalesce(max(id), 0) FROM event")
_BEGIN = Statement(
    "INSERT INTO stream_receiver"
    " (name, position, recounted, sent, failures, retry_at, fence, held_until)"
    " VALUES (:name, :position, :position, 0, 0, 0, 0, 0) ON CONFLICT (name) DO NOTHING"
)
# A turn that would last longer than any does was taken before a clock was set back.
_CLAIM = Statement(
    "UPDATE stream_receiver SET fence = fence + 1, holder = :holder, held_until = :until"
    " WHERE name = :name AND (holder IS NULL OR holder = :holder OR held_until <= :now"
    " OR held_until > :until) AND (retry_at <= :now OR retry_at > :latest)"
    " RETURNING fence, position, recounted"
)
_MOVE = Statement(
    "UPDATE stream_receiver SET position = :position, recounted = :recounted, sent = sent + :sent,"
    " failures = 0, retry_at = 0, error = NULL, sent_at = :now, held_until = :until"
    " WHERE name = :name AND fence = :fence AND position = :was"
)
_FAIL = Statement(
    "UPDATE stream_receiver SET failures = failures + 1, retry_at = :retry_at, error = :error,"
    " holder = NULL WHERE name = :name AND fence = :fence"
)
_LEAVE = Statement("UPDATE stream_receiver SET holder = NULL WHERE name = :name AND fence = :fence")
_ALL = Statement(f"SELECT {_ROW.columns} FROM stream_receiver ORDER BY name")
_FROM = Statement("SELECT min(id) FROM event WHERE at >= :since")
_REPLAY = Statement(
    "UPDATE stream_receiver SET position = :position, recounted = :position, failures = 0,"
    " retry_at = 0, error = NULL, fence = fence + 1, holder = NULL WHERE name = :name"
)
_FORGET = Statement("DELETE FROM stream_receiver WHERE name = :name")
_OLDEST = Statement("SELECT at FROM event WHERE id > :position ORDER BY id LIMIT 1")
_COUNTED_UNTIL = Statement(
    "SELECT max(id) FROM event WHERE id > :after AND id <= :position AND at < :before"
)
_COUNTED = Statement(
    "SELECT id FROM event JOIN event_count ON event_count.key = event.counted"
    " WHERE event.id > :after AND event.id <= :until AND event_count.times > 1 ORDER BY event.id"
)
_LAST_NUMBER = Statement("SELECT last_value FROM event_id_seq")
# Whoever writes an event locks the table, in a way that keeps nobody away, before the event gets
# its number, and until it is committed: without that, one would be skipped that is committed late.
_WRITING = Statement(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation'"
    " AND relation = 'event'::regclass AND mode = 'RowExclusiveLock' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def begin(work: Work, name: str) -> None:
    """Keep a receiver, from the next event on, unless it is known."""
    work.run(_BEGIN, name=name, position=int(work.value(_NEWEST)))


def claim_turn(work: Work, name: str, holder: str, longest_wait: int) -> Turn | None:
    """Take the turn to send, to be committed at once.

    None while another process has it, or until it is time to try again; no wait is longer than
    `longest_wait` seconds.
    """
    now = clock.now()
    values = {"name": name, "holder": holder, "now": now, "latest": now + longest_wait}
    row = work.one(_CLAIM, **values, until=now + LEASE_SECONDS)
    return None if row is None else Turn(*row)


def move(work: Work, name: str, turn: Turn, position: int, recounted: int, sent: int) -> bool:
    """Note that all up to `position` has arrived; False when the turn is another's by now."""
    now = clock.now()
    values = {"position": position, "recounted": recounted, "sent": sent, "now": now}
    until = now + LEASE_SECONDS
    moved = work.run(_MOVE, name=name, fence=turn.fence, was=turn.position, until=until, **values)
    return moved == 1


def fail(work: Work, name: str, turn: Turn, error: str, seconds: int) -> None:
    """Note why nothing arrived, and let it be tried again in `seconds`."""
    retry_at = clock.now() + seconds
    work.run(_FAIL, name=name, fence=turn.fence, retry_at=retry_at, error=error[:200])


def leave_turn(work: Work, name: str, turn: Turn) -> None:
    """Let another process send at once."""
    work.run(_LEAVE, name=name, fence=turn.fence)


def everyone(work: Work) -> list[ReceiverRow]:
    """Return all who ever followed the trail, by name."""
    return _ROW.all(work.all(_ALL))


def receivers(work: Work) -> list[ReceiverRow]:
    """Return the receivers that were ever sent to: all but the follower of this house."""
    return [row for row in everyone(work) if row.name != SIGNALS]


def lag(work: Work, position: int) -> Lag:
    """Return what waits behind a cursor. Numbers that no event got are counted, too."""
    newest = int(work.value(_NEWEST))
    if newest <= position:
        return Lag(0, None)
    return Lag(newest - position, work.value(_OLDEST, position=position))


def replay(work: Work, name: str, since: int) -> int:
    """Have everything sent again that happened from `since` on; return before which event."""
    first = work.value(_FROM, since=since)
    position = int(work.value(_NEWEST)) if first is None else int(first) - 1
    work.run(_REPLAY, name=name, position=position)
    return position


def forget(work: Work, name: str) -> bool:
    """Forget a receiver, if it is known."""
    return work.run(_FORGET, name=name) == 1


def counted_until(work: Work, turn: Turn) -> int:
    """Return up to which of the events that have arrived nothing counts to them any more."""
    before = clock.now() - COUNTED_AFTER
    found = work.value(_COUNTED_UNTIL, after=turn.recounted, position=turn.position, before=before)
    return turn.recounted if found is None else int(found)


def counted(work: Work, after: int, until: int) -> list[int]:
    """Return the events behind `after`, up to `until`, of which there were several alike."""
    return [int(number) for number in work.column(_COUNTED, after=after, until=until)]


def writers(work: Work) -> Writers:
    """Return who may yet commit events with a lower number than the newest one."""
    if work.engine.dialect.name == "sqlite":
        # One writer at a time: what is committed later has a higher number.
        return Writers(int(work.value(_NEWEST)), frozenset())
    newest = int(work.value(_LAST_NUMBER))
    return Writers(newest, frozenset(work.column(_WRITING)))


def settled(before: Writers, now: Writers) -> bool:
    """Tell whether no event up to `before.newest` can come in between any more."""
    return not before.writing & now.writing
