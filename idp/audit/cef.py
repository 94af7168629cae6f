"""Events in the Common Event Format of ArcSight, version 0: one line each.

Owns the names of the extension's fields. The header holds our own words alone. Text of others
stands in the extension, where `\\`, `=` and ends of lines are escaped as the format says; other
signs that act on a screen or a line (control signs, marks of direction, ends of lines of Unicode)
are written as `\\u202e` is, by their number.
"""

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from idp.audit import Outcome, ocsf
from idp.store.events import EventRow

_SEVERITY = {1: 1, 2: 4, 3: 6, 4: 8}
"""Of OCSF's severities, those of CEF from 0 to 10."""
_WORD = re.compile(r"[a-z][a-z-]*(?::[a-z-]+){2}")
_ACTING = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def lines(found: Iterable[EventRow]) -> Iterator[str]:
    """Return the events as lines of CEF."""
    for row in found:
        yield as_cef(row) + "\n"


def as_cef(row: EventRow) -> str:
    """Return an event as one line, without its end. `externalId` is its id."""
    kind = row.kind if _WORD.fullmatch(row.kind) else "unknown"
    name = kind.replace(":", " ").replace("-", " ")
    head = f"CEF:0|Acrux|Acrux|1|{kind}|{name}|{_SEVERITY[ocsf.severity(row)]}|"
    return head + " ".join(f"{key}={_escaped(value)}" for key, value in _fields(row))


def _fields(row: EventRow) -> Iterator[tuple[str, str]]:
    """Yield the fields that are known; those of our own come with the label that names them."""
    yield "rt", str(row.at * 1000)
    yield "externalId", str(row.id)
    yield "outcome", "success" if row.outcome == Outcome.DONE.value else "failure"
    if row.times > 1:
        yield "cnt", str(row.times)
        yield "end", str(row.last_at * 1000)
    yield from _source(row.source)
    plain = {"suid": row.person_id, "suser": row.username, "reason": row.reason}
    yield from ((key, text) for key, text in plain.items() if text)
    if row.auth_time is not None:
        yield "deviceCustomDate1", str(row.auth_time * 1000)
        yield "deviceCustomDate1Label", "auth_time"
    for key, label, value in (
        ("cs1", "client", row.client_id),
        ("cs2", "acr", row.acr),
        ("cs3", "amr", " ".join(row.amr)),
        ("cs4", "requested", row.requested),
        ("cs5", "sid", row.sid),
        ("cs6", "request", row.request_id),
        ("flexString1", "interaction", row.interaction_id),
        ("flexString2", "data", _data(row)),
    ):
        if value:
            yield key, value
            yield f"{key}Label", label


def _data(row: EventRow) -> str:
    return json.dumps(json.loads(row.data), ensure_ascii=False) if row.data else ""


def _source(source: str | None) -> Iterator[tuple[str, Any]]:
    if not source:
        return
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        yield "shost", source
        return
    if address.version == 4:
        yield "src", str(address)
    else:
        yield "c6a2", str(address)
        yield "c6a2Label", "Source IPv6 Address"


def _escaped(value: str) -> str:
    text = value.replace("\\", "\\\\").replace("=", "\\=")
    text = text.replace("\r", "\\r").replace("\n", "\\n")
    # Their number, as a text that a reader gets back as it stands: `\\u202e`.
    return _ACTING.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text)
