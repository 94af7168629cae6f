"""Security event tokens that wait in a stream, in the order in which they came about."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idp import clock, crypto
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.signals import SignalSet
from idp.store.rows import reader


@dataclass(frozen=True)
class SetRow:
    """One token: its event, and the claims that are not the same for all of a stream."""

    id: int
    jti: str
    person_id: str | None
    """None: it is about the stream itself."""
    event: str
    said: dict[str, Any]
    at: int


@dataclass(frozen=True)
class Waiting:
    """How many tokens wait in a stream, and since when the oldest does."""

    count: int
    oldest: int | None


_ROW = reader(SetRow, SignalSet)
_ADD = Statement(
    "INSERT INTO signal_set (stream_id, jti, person_id, event, said, at)"
    " VALUES (:stream_id, :jti, :person_id, :event, :said, :now)"
)
_NEXT = Statement(
    f"SELECT {_ROW.columns} FROM signal_set WHERE stream_id = :stream_id ORDER BY id LIMIT :most"
)
_NEXT_OF_STREAM = Statement(
    f"SELECT {_ROW.columns} FROM signal_set WHERE stream_id = :stream_id AND person_id IS NULL"
    " ORDER BY id LIMIT :most"
)
_TAKE = Statement("DELETE FROM signal_set WHERE stream_id = :stream_id AND jti = :jti")
_KNOWN = Statement(
    f"SELECT {_ROW.columns} FROM signal_set WHERE stream_id = :stream_id AND jti = :jti"
)
_DROP = Statement("DELETE FROM signal_set WHERE stream_id = :stream_id AND person_id IS NOT NULL")
_DROP_OWN = Statement(
    "DELETE FROM signal_set WHERE stream_id = :stream_id AND person_id IS NULL AND at < :before"
)
_DROP_ALIKE = Statement(
    "DELETE FROM signal_set WHERE stream_id = :stream_id AND person_id IS NULL AND event = :event"
)
_OLDEST = Statement(
    "SELECT min(at) FROM signal_set WHERE stream_id = :stream_id AND person_id IS NOT NULL"
)
_WAITING = Statement("SELECT count(*), min(at) FROM signal_set WHERE stream_id = :stream_id")


def add(
    work: Work, stream_id: str, person_id: str | None, event: str, said: Mapping[str, Any]
) -> None:
    """Let a token wait behind all others of its stream."""
    values = {"event": event, "said": json.dumps(said), "now": clock.now()}
    jti = crypto.random_token(16)
    work.run(_ADD, stream_id=stream_id, jti=jti, person_id=person_id, **values)


def replace(work: Work, stream_id: str, event: str, said: Mapping[str, Any]) -> None:
    """Let a token about the stream itself wait, in place of one of its kind."""
    work.run(_DROP_ALIKE, stream_id=stream_id, event=event)
    add(work, stream_id, None, event, said)


def waiting_next(work: Work, stream_id: str, most: int, *, of_stream: bool = False) -> list[SetRow]:
    """Return the oldest that wait; `of_stream`: of those that are about the stream itself."""
    statement = _NEXT_OF_STREAM if of_stream else _NEXT
    return _ROW.all(work.all(statement, stream_id=stream_id, most=most))


def known(work: Work, stream_id: str, jtis: Sequence[str]) -> list[SetRow]:
    """Return those of some tokens that wait."""
    return [row for jti in jtis for row in _ROW.all(work.all(_KNOWN, stream_id=stream_id, jti=jti))]


def take(work: Work, stream_id: str, jtis: Sequence[str]) -> int:
    """Delete tokens that were taken; return how many there were."""
    return sum(work.run(_TAKE, stream_id=stream_id, jti=jti) for jti in dict.fromkeys(jtis))


def drop(work: Work, stream_id: str) -> int:
    """Delete what waits about people; return how many that were."""
    return work.run(_DROP, stream_id=stream_id)


def drop_own(work: Work, stream_id: str, before: int) -> int:
    """Delete what waits about the stream itself since `before`; return how many that were."""
    return work.run(_DROP_OWN, stream_id=stream_id, before=before)


def oldest_of_people(work: Work, stream_id: str) -> int | None:
    """Return since when the oldest token waits that is about somebody."""
    found: int | None = work.value(_OLDEST, stream_id=stream_id)
    return found


def waiting(work: Work, stream_id: str) -> Waiting:
    """Return how much waits."""
    count, oldest = work.one(_WAITING, stream_id=stream_id) or (0, None)
    return Waiting(int(count), oldest)
