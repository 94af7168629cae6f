"""Events in the Open Cybersecurity Schema Framework, version 1.3.0: https://schema.ocsf.io/1.3.0.

Owns the form of an event there; which class and activity it is stands in `kinds`. What no attribute
of the schema is for stands under `unmapped`, by the keys of the export, so that nothing is lost.
Every letter that is not ASCII is escaped: no name can break a line, or turn one around on a screen.
"""

import ipaddress
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from idp.audit import Event, Outcome
from idp.audit.ocsf.kinds import (
    ACCOUNT,
    API,
    AUTHENTICATION,
    AUTHORIZE,
    ENTITY,
    KINDS,
    LOW,
    OTHER,
    UNKNOWN,
    Kind,
)
from idp.store.events import EventRow

VERSION = "1.3.0"
_LONGEST = 65_535
"""Characters of a string_t."""
_SUCCESS, _FAILURE = 1, 2


def lines(found: Iterable[EventRow]) -> Iterator[str]:
    """Return the events as JSON Lines, one OCSF event each."""
    for row in found:
        yield json.dumps(as_ocsf(row)) + "\n"


def as_ocsf(row: EventRow) -> dict[str, Any]:
    """Return an event as an OCSF event. `metadata.uid` is its id, by which doubles are told."""
    kind = _kind(row)
    data = json.loads(row.data) if row.data else {}
    value = {
        "metadata": {
            "version": VERSION,
            "product": {"name": "Acrux", "vendor_name": "Acrux"},
            "uid": str(row.id),
            "event_code": row.kind,
            **_given(correlation_uid=row.interaction_id),
        },
        "category_uid": kind.of // 1000,
        "class_uid": kind.of,
        "activity_id": kind.activity,
        "type_uid": kind.of * 100 + kind.activity,
        "time": row.at * 1000,
        "severity_id": severity(row),
        "status_id": _SUCCESS if _done(row) else _FAILURE,
        "message": row.kind,
        **_given(status_detail=row.reason),
        "unmapped": _unmapped(row, data),
    }
    if kind.activity == OTHER:
        value["activity_name"] = row.kind
    if row.times > 1:
        value |= {"count": row.times, "start_time": row.at * 1000, "end_time": row.last_at * 1000}
    return value | _FORMS[kind.of](row, data)


def severity(row: EventRow) -> int:
    """Return how grave an event is: 1 informational, 2 low, 3 medium, 4 high."""
    grave = _kind(row).severity
    return grave if _done(row) else max(grave, LOW)


def _kind(row: EventRow) -> Kind:
    try:
        return KINDS[Event(row.kind)]
    except ValueError:
        return UNKNOWN


def _done(row: EventRow) -> bool:
    return row.outcome == Outcome.DONE.value


def _authentication(row: EventRow, _: dict[str, Any]) -> dict[str, Any]:
    session = _given(uid=row.sid)
    if row.acr:
        session["is_mfa"] = "mfa" in row.amr
    return {
        "user": _user(row),
        "service": _service(row),
        "auth_protocol_id": 4,
        **({"is_mfa": "mfa" in row.amr} if row.acr else {}),
        **({"session": session} if session else {}),
        **_source(row),
    }


def _account(row: EventRow, data: dict[str, Any]) -> dict[str, Any]:
    return {"user": _user(row), "actor": _actor(row, data), **_source(row)}


def _authorize(row: EventRow, data: dict[str, Any]) -> dict[str, Any]:
    scopes = str(data.get("scope") or "").split()
    return {"user": _user(row), "privileges": scopes or [row.client_id or "openid"], **_source(row)}


def _entity(row: EventRow, data: dict[str, Any]) -> dict[str, Any]:
    thing = row.kind.split(":")[1] if row.kind.count(":") == 2 else row.kind
    uid = data.get("stage") or data.get("kid") or data.get("key") or row.client_id
    entity = {"name": thing, "type": thing, **_given(uid=None if uid is None else str(uid))}
    return {"entity": entity}


def _api(row: EventRow, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "api": {"operation": str(data.get("endpoint") or row.kind)},
        "actor": _actor(row, data),
        "src_endpoint": _endpoint(row.source) or {"name": "unknown"},
    }


_FORMS: dict[int, Callable[[EventRow, dict[str, Any]], dict[str, Any]]] = {
    AUTHENTICATION: _authentication,
    ACCOUNT: _account,
    AUTHORIZE: _authorize,
    ENTITY: _entity,
    API: _api,
}


def _user(row: EventRow) -> dict[str, Any]:
    """Return who it is of; an application that acts for itself is a user of type System."""
    if row.person_id or row.username:
        return {"type_id": 1, **_given(uid=row.person_id, name=row.username)}
    if row.client_id:
        return {"type_id": 3, "uid": row.client_id}
    return {"type_id": 0, "name": "unknown"}


def _actor(row: EventRow, data: dict[str, Any]) -> dict[str, Any]:
    """Return who did it: the person `by` whom it was done, the operator's account, or its own."""
    if data.get("by"):
        return {"user": {"type_id": 2, "uid": str(data["by"])}}
    if row.source and row.source.startswith("cli:"):
        return {"user": {"type_id": 2, "name": row.source.removeprefix("cli:") or "operator"}}
    return {"user": _user(row), **_given(app_uid=row.client_id)}


def _service(row: EventRow) -> dict[str, Any]:
    return {"uid": row.client_id} if row.client_id else {"name": "Acrux"}


def _source(row: EventRow) -> dict[str, Any]:
    endpoint = _endpoint(row.source)
    return {"src_endpoint": endpoint} if endpoint else {}


def _endpoint(source: str | None) -> dict[str, Any] | None:
    if not source:
        return None
    try:
        return {"ip": str(ipaddress.ip_address(source))}
    except ValueError:
        return {"name": source[:_LONGEST]}


def _unmapped(row: EventRow, data: dict[str, Any]) -> dict[str, Any]:
    return _given(
        event=row.kind,
        requested=row.requested,
        acr=row.acr,
        amr=list(row.amr) or None,
        auth_time=row.auth_time,
        interaction=row.interaction_id,
        sid=row.sid,
        client=row.client_id,
        request=row.request_id,
        data=data or None,
    )


def _given(**values: Any) -> dict[str, Any]:
    """Return what is known, with texts no longer than the schema has them."""
    cut = {k: v[:_LONGEST] if isinstance(v, str) else v for k, v in values.items()}
    return {name: value for name, value in cut.items() if value is not None}
