"""The event table: appended to in the transaction of the change, read by auditors, never changed.

What anyone may cause without an account is one row for all that are alike, and a number beside it
(`event_count`), because the event itself is never changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import Departed, Person
from idp.store.models.service import Event, EventCount


@dataclass(frozen=True)
class EventRow:
    """One event as the auditor sees it. Times in seconds since 1970 UTC."""

    id: int
    at: int
    kind: str
    outcome: str
    person_id: str | None
    client_id: str | None
    interaction_id: str | None
    sid: str | None
    requested: str | None
    acr: str | None
    amr: tuple[str, ...]
    auth_time: int | None
    source: str | None
    reason: str | None
    data: str | None
    request_id: str | None
    username: str | None
    """Of someone who was deleted it says so: the name may be another person's."""
    times: int
    """How many there were that are alike, in the minute of the first: see `audit.record`."""
    last_at: int
    """When the last of them was."""


_FIELDS = [field.name for field in fields(EventRow)]


@dataclass(frozen=True)
class Filter:
    """Which events: each field narrows, None or empty leaves open. `before_id` pages backwards."""

    since: int | None = None
    until: int | None = None
    client: str = ""
    person: str = ""
    """A user name, an e-mail address or a `sub`; a name also of someone who was deleted."""
    person_id: str = ""
    """The `sub` and nothing else."""
    kinds: tuple[str, ...] = ()
    acr: str = ""
    amr: str = ""
    outcome: str = ""
    kind: str = ""
    request: str = ""
    interaction: str = ""
    sid: str = ""
    before_id: int | None = None
    after_id: int | None = None


_COLUMNS = [c for c in Event.__table__.columns if c.name not in ("id", "counted")]
_NAMES = ", ".join(column.name for column in _COLUMNS)
_ADD = Statement(
    f"INSERT INTO event ({_NAMES}) VALUES ({', '.join(f':{c.name}' for c in _COLUMNS)})",
    apart=True,
    numbered="event",
)
_COUNT = Statement(
    "INSERT INTO event_count (key, times, last_at) VALUES (:counted, 1, :at)"
    " ON CONFLICT (key) DO UPDATE SET times = event_count.times + 1, last_at = excluded.last_at"
)
# The types are said because PostgreSQL takes a parameter of a SELECT for a text.
_ADD_FIRST = Statement(
    f"INSERT INTO event ({_NAMES}, counted) SELECT "
    + ", ".join(
        f"CAST(:{c.name} AS {'BIGINT' if c.type.python_type is int else 'VARCHAR'})"
        for c in _COLUMNS
    )
    + ", CAST(:counted AS VARCHAR)"
    " WHERE (SELECT times FROM event_count WHERE key = :counted) = 1"
)


def add(work: Work, **values: Any) -> None:
    """Append one event; it is written together with the commit of the change it tells of."""
    work.later(_ADD, **values)


_COUNT_FIRST = Statement(
    "INSERT INTO event_count (key, times, last_at)"
    " SELECT CAST(:of AS VARCHAR), 1, CAST(:at AS BIGINT)"
    " WHERE (SELECT times FROM event_count WHERE key = :counted) = 1"
    " ON CONFLICT (key) DO UPDATE SET times = event_count.times + 1, last_at = excluded.last_at"
)
_COUNTED = Statement("SELECT times FROM event_count WHERE key = :key")


def counted(work: Work, key: str) -> int:
    """Return how often something was counted under `key`."""
    return int(work.value(_COUNTED, key=key) or 0)


def count(work: Work, key: str, values: Mapping[str, Any], firsts: str = "") -> None:
    """Append one event if it is the first that counts under `key`; count it in any case.

    Under `firsts`, if it is given, those events are counted that were appended.
    """
    # First the number: its row is ours until the commit, so exactly one transaction finds it at 1.
    work.at_last(_COUNT, key, counted=key, at=values["at"])
    work.at_last(_ADD_FIRST, key, counted=key, **values)
    if firsts:
        # After every digest: all transactions write this row last.
        work.at_last(_COUNT_FIRST, f"~{firsts}", of=firsts, counted=key, at=values["at"])


_SOURCE = Statement(
    "SELECT source FROM event WHERE person_id = :person_id AND interaction_id = :interaction_id"
    " AND kind = :kind ORDER BY id LIMIT 1"
)


def source_of(work: Work, person_id: str, interaction_id: str, kind: str) -> str | None:
    """Return where the first event of a kind in a person's sign-in came from."""
    values = {"person_id": person_id, "interaction_id": interaction_id, "kind": kind}
    source: str | None = work.value(_SOURCE, **values)
    return source


_PERSON = Statement(
    "SELECT person_id FROM event WHERE at > :since AND kind = :kind AND reason LIKE :pattern"
    " ORDER BY id DESC LIMIT 1"
)


def person_of(work: Work, kind: str, words: str, since: int) -> str | None:
    """Return whose the newest event of a kind is that ends in `words`, after `since`.

    `words` are ours: they hold no sign that means something to LIKE.
    """
    found: str | None = work.value(_PERSON, kind=kind, pattern=f"%{words}", since=since)
    return found


_BESIDE: dict[str, Any] = {
    "username": sa.func.coalesce(Person.username, Departed.username + " (deleted)"),
    "times": sa.func.coalesce(EventCount.times, 1),
    "last_at": sa.func.coalesce(EventCount.last_at, Event.at),
}
_SHOWN = [
    _BESIDE[field.name] if field.name in _BESIDE else getattr(Event, field.name)
    for field in fields(EventRow)
]


def listing(
    work: Work, wanted: Filter, limit: int, *, oldest_first: bool = False
) -> list[EventRow]:
    """Return up to `limit` events that match, newest first unless told otherwise."""
    query = sa.select(*_SHOWN).select_from(
        sa.outerjoin(Event, Person, Person.id == Event.person_id)
        .outerjoin(Departed, Departed.subject == Event.person_id)
        .outerjoin(EventCount, EventCount.key == Event.counted)
    )
    order = Event.id.asc() if oldest_first else Event.id.desc()
    rows = work.select(query.where(*_conditions(wanted)).order_by(order).limit(limit))
    return [_read(row) for row in rows]


def _read(row: Any) -> EventRow:
    values = dict(zip(_FIELDS, row, strict=True))
    return EventRow(**values | {"amr": tuple((values["amr"] or "").split())})


def _conditions(wanted: Filter) -> list[Any]:
    found: list[Any] = []
    if wanted.since is not None:
        found.append(Event.at >= wanted.since)
    if wanted.until is not None:
        found.append(Event.at < wanted.until)
    if wanted.before_id is not None:
        found.append(Event.id < wanted.before_id)
    if wanted.after_id is not None:
        found.append(Event.id > wanted.after_id)
    for column, value in (
        (Event.client_id, wanted.client),
        (Event.acr, wanted.acr),
        (Event.outcome, wanted.outcome),
        (Event.request_id, wanted.request),
        (Event.kind, wanted.kind),
        (Event.person_id, wanted.person_id),
        (Event.interaction_id, wanted.interaction),
        (Event.sid, wanted.sid),
    ):
        if value:
            found.append(column == value)
    if wanted.kinds:
        # Not IN, whose length the driver would have to be told (`store.db.statements`).
        found.append(sa.or_(*(Event.kind == kind for kind in wanted.kinds)))
    if wanted.amr:
        spaced = sa.literal(" ") + sa.func.coalesce(Event.amr, "") + sa.literal(" ")
        found.append(spaced.like("% " + _escaped(wanted.amr) + " %", escape="\\"))
    if wanted.person:
        name = wanted.person.strip().lower()
        found.append(
            sa.or_(
                Event.person_id == wanted.person,
                Person.username == name,
                Person.email == name,
                Departed.username == name,
            )
        )
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
