"""Searching the trail for pages: never longer than a moment, however many events there are.

A search walks down an index, newest first, and looks at so many events and no more. So one that
finds little says how far it has looked, and goes on from there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from idp.caller import request_id
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.events import EventRow, Filter
from idp.store.models.service import FREQUENT, RARE, REFUSED

EXAMINED = 20_000
"""Events that one search looks at."""
_SLACK = 3600
"""Seconds by which clocks that were set may have disordered the events."""
_MINUTES = 180
"""Seconds around the beginning of a request in which its events were written."""
_BESIDE = {
    "username": "coalesce(p.username, d.username || ' (deleted)')",
    "times": "coalesce(n.times, 1)",
    "last_at": "coalesce(n.last_at, e.at)",
}
_SHOWN = ", ".join(_BESIDE.get(field.name, f"e.{field.name}") for field in fields(EventRow))
_NAMED = Statement(
    "SELECT id FROM person WHERE username = :username OR email = :email"
    " UNION SELECT subject FROM departed WHERE username = :former"
)
_FIRST_SINCE = Statement("SELECT id FROM event WHERE at >= :at ORDER BY at, id LIMIT 1")
_LAST_BEFORE = Statement("SELECT id FROM event WHERE at < :at ORDER BY at DESC, id DESC LIMIT 1")
_COLUMNS = (
    *("client_id", "acr", "outcome", "kind"),
    *("person_id", "interaction_id", "sid", "request_id"),
)


@dataclass(frozen=True)
class Found:
    """What a search came to: events newest first, and how far back it looked."""

    rows: list[EventRow]
    looked_to: int | None = None
    """The id of the oldest event that was looked at; None: there is none older to look at."""
    looked_at: int | None = None
    """When that one was."""


Condition = tuple[str, dict[str, Any]]


def named(work: Work, name: str) -> list[str]:
    """Return every `sub` that a user name, an e-mail address or a `sub` may mean."""
    wanted = name.strip().lower()
    found = work.column(_NAMED, username=wanted, email=wanted, former=wanted)
    return sorted({name.strip(), *found})


def search(work: Work, wanted: Filter, limit: int, examined: int = EXAMINED) -> Found:
    """Return up to `limit` events that match, newest first, among `examined` of an index.

    Whoever wants to look further back names `looked_to` as `before_id`.
    """
    made_at = request_id.made_at(wanted.request)
    if made_at is not None and wanted.since is None and wanted.until is None:
        # Of the minutes in which it was at work; or else of any time, if a clock was set since.
        near = replace(wanted, since=made_at - _MINUTES, until=made_at + _MINUTES)
        found = search(work, near, limit, examined)
        if found.rows:
            return Found(found.rows)
    if not wanted.person:
        return _of_one(work, wanted, limit, examined)
    people = [replace(wanted, person="", person_id=one) for one in named(work, wanted.person)]
    each = [_of_one(work, one, limit, examined) for one in people]
    rows = sorted((row for one in each for row in one.rows), key=lambda row: -row.id)[:limit]
    ends = [(one.looked_to, one.looked_at) for one in each if one.looked_to is not None]
    return Found(rows, *max(ends, key=lambda end: end[0] or 0)) if ends else Found(rows)


def _of_one(work: Work, wanted: Filter, limit: int, examined: int) -> Found:
    within = list(_driving(wanted)) + list(_bounds(work, wanted))
    inner = "SELECT * FROM event" + _where(within) + " ORDER BY id DESC LIMIT :examined"
    values = {"examined": examined} | {k: v for _, each in within for k, v in each.items()}
    rest = list(_rest(wanted))
    text = (
        f"SELECT {_SHOWN} FROM ({inner}) e LEFT JOIN person p ON p.id = e.person_id"
        " LEFT JOIN departed d ON d.subject = e.person_id"
        f" LEFT JOIN event_count n ON n.key = e.counted{_where(rest)}"
        " ORDER BY e.id DESC LIMIT :most"
    )
    more = {k: v for _, each in rest for k, v in each.items()}
    asked = Statement(text, anew=True)
    rows = [_read(row) for row in work.all(asked, **values, **more, most=limit)]
    if len(rows) >= limit:
        return Found(rows)
    counted = f"SELECT count(*), min(i.id), min(i.at) FROM ({inner}) i"
    end = work.one(Statement(counted, anew=True), **values)
    stopped = end is not None and end[0] >= examined
    return Found(rows, end[1], end[2]) if stopped and end is not None else Found(rows)


def _driving(wanted: Filter) -> Iterator[Condition]:
    """Return the condition whose index is walked: the one that leaves fewest events."""
    for column, value in (
        ("interaction_id", wanted.interaction),
        ("person_id", wanted.person_id),
    ):
        if value:
            yield f"{column} = :{column}", {column: value}
            if column == "person_id" and wanted.outcome == "refused":
                yield REFUSED, {}
            return
    kinds = wanted.kinds or ((wanted.kind,) if wanted.kind else ())
    if kinds and not set(kinds) & set(FREQUENT):
        names = {f"kind{at}": kind for at, kind in enumerate(kinds)}
        yield RARE, {}
        yield "(" + " OR ".join(f"kind = :{name}" for name in names) + ")", names
    elif wanted.client:
        yield "client_id = :client_id", {"client_id": wanted.client}


def _bounds(work: Work, wanted: Filter) -> Iterator[Condition]:
    """Return where the walk begins and ends, by number and by time."""
    if wanted.before_id is not None:
        yield "id < :before_id", {"before_id": wanted.before_id}
    if wanted.since is not None:
        first = work.value(_FIRST_SINCE, at=wanted.since - _SLACK)
        yield "id >= :first_id", {"first_id": first if first is not None else 2**62}
        yield "at >= :since", {"since": wanted.since}
    if wanted.until is not None:
        last = work.value(_LAST_BEFORE, at=wanted.until + _SLACK)
        yield "id <= :last_id", {"last_id": last or 0}
        yield "at < :until", {"until": wanted.until}


def _rest(wanted: Filter) -> Iterator[Condition]:
    """Return all else that is asked, and what drives once more: it costs nothing."""
    values = (
        *(wanted.client, wanted.acr, wanted.outcome, wanted.kind),
        *(wanted.person_id, wanted.interaction, wanted.sid, wanted.request),
    )
    for column, value in zip(_COLUMNS, values, strict=True):
        if value:
            yield f"e.{column} = :rest_{column}", {f"rest_{column}": value}
    if wanted.amr:
        pattern = f"% {_escaped(wanted.amr)} %"
        text = "' ' || coalesce(e.amr, '') || ' ' LIKE :amr ESCAPE '\\'"
        yield text, {"amr": pattern}


def _where(conditions: list[Condition]) -> str:
    return " WHERE " + " AND ".join(text for text, _ in conditions) if conditions else ""


def _read(row: Any) -> EventRow:
    names = [field.name for field in fields(EventRow)]
    values = dict(zip(names, row, strict=True))
    return EventRow(**values | {"amr": tuple((values["amr"] or "").split())})


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
