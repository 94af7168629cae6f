"""The auditor's view of the events: filters as people write them, rows as files carry them.

The keys of a row are stable: programs rely on them, so they are added to and never renamed. Used by
the console and by the command alike; it never changes an event, and never decides who may look.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from idp import clock, moments
from idp.audit import cef, ocsf
from idp.errors import AcruxError
from idp.store import events
from idp.store.db import work
from idp.store.events import EventRow, Filter

FILTERS = ("since", "until", "client", "person", "acr", "amr", "outcome", "kind", "request")
"""What one may narrow by, as named in addresses and on the command line."""
KEYS = (
    "id",
    "at",
    "event",
    "outcome",
    "person",
    "username",
    "client",
    "interaction",
    "sid",
    "requested",
    "acr",
    "amr",
    "auth_time",
    "source",
    "reason",
    "data",
    "times",
    "last_at",
    "request",
)
"""The keys of an exported event, in the order of the columns."""
PAGE = 1000
LONGEST = 300
"""Characters that a filter may have; no name, address or level is longer."""
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class FilterError(AcruxError):
    """A filter cannot be understood; the line says which one and what it wants."""


def read_filter(values: Mapping[str, str | None]) -> Filter:
    """Return the filter that texts describe; empty ones leave open.

    `until` with a mere date takes that whole day in.

    Raises:
        FilterError: one of them cannot be understood.
    """
    texts = {name: (values.get(name) or "").strip() for name in FILTERS}
    for name, text in texts.items():
        if len(text) > LONGEST or not text.isprintable():
            raise FilterError(f"{name} is not something to look for")
    since, until = texts.pop("since"), texts.pop("until")
    wanted: dict[str, Any] = dict(texts)
    try:
        wanted["since"] = moments.read(since) if since else None
        wanted["until"] = moments.read(until, end_of_day=True) if until else None
    except moments.MomentError as error:
        raise FilterError(str(error)) from None
    return Filter(**wanted)


def described(wanted: Filter) -> dict[str, Any]:
    """Return the parts of a filter that are set, to be noted with an export."""
    return {k: v for k, v in asdict(wanted).items() if k in FILTERS and v not in (None, "")}


def record(row: EventRow) -> dict[str, Any]:
    """Return an event under its stable keys; `auth_time` is in seconds, as in the token."""
    return {
        "id": row.id,
        "at": clock.iso(row.at),
        "event": row.kind,
        "outcome": row.outcome,
        "person": row.person_id,
        "username": row.username,
        "client": row.client_id,
        "interaction": row.interaction_id,
        "sid": row.sid,
        "requested": row.requested,
        "acr": row.acr,
        "amr": list(row.amr),
        "auth_time": row.auth_time,
        "source": row.source,
        "reason": row.reason,
        "data": json.loads(row.data) if row.data else {},
        "times": row.times,
        "last_at": clock.iso(row.last_at),
        "request": row.request_id,
    }


def rows(engine: Any, wanted: Filter, patience: float = math.inf) -> Iterator[EventRow]:
    """Return the events that match, oldest first, up to the newest one there is now.

    They are read page by page, each in its own unit of work, so that an export of years holds
    neither memory nor a transaction. `patience` is for how many seconds each page is waited for.
    """
    with work(engine, patience) as unit:
        newest = events.listing(unit, Filter(), 1)
    if not newest:
        return
    page = replace(wanted, before_id=newest[0].id + 1, after_id=0)
    while True:
        with work(engine, patience) as unit:
            found = events.listing(unit, page, PAGE, oldest_first=True)
        yield from found
        if len(found) < PAGE:
            return
        page = replace(page, after_id=found[-1].id)


def json_lines(found: Iterable[EventRow]) -> Iterator[str]:
    """Return the events as JSON Lines."""
    for row in found:
        yield json.dumps(record(row), ensure_ascii=False) + "\n"


def csv_lines(found: Iterable[EventRow]) -> Iterator[str]:
    """Return the events as CSV (RFC 4180) with a header; no cell can act as a formula."""
    yield csv_line(KEYS)
    for row in found:
        yield csv_line(record(row).values())


def csv_line(values: Iterable[Any]) -> str:
    """Return one line of CSV (RFC 4180); no cell can act as a formula."""
    out = io.StringIO()
    csv.writer(out).writerow([_cell(value) for value in values])
    return out.getvalue()


def _cell(value: Any) -> Any:
    """Return a value as one cell. A text that a spreadsheet would evaluate gets an apostrophe.

    A telephone number (E.164) is none.
    """
    if isinstance(value, list):
        value = " ".join(value)
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return value if _NUMBER.fullmatch(value) else "'" + value
    return value


FORMATS = {"jsonl": json_lines, "csv": csv_lines, "ocsf": ocsf.lines, "cef": cef.lines}
"""The forms of an export, by the ending of the file."""
MEDIA_TYPES = {
    "jsonl": "application/jsonl",
    "csv": "text/csv",
    "ocsf": "application/jsonl",
    "cef": "text/plain",
}
