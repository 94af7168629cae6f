"""Events in the Open Cybersecurity Schema Framework, version 1.3.0: https://schema.ocsf.io/1.3.0.

Owns which class and activity an event is (`KINDS`). What no attribute of the schema is for stands
under `unmapped`, by the keys of the export, so that nothing is lost. Every letter that is not ASCII
is escaped: no name can break a line, or turn one around on a screen.
"""

import ipaddress
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from idp.audit import Event, Outcome
from idp.store.events import EventRow

VERSION = "1.3.0"
_LONGEST = 65_535
"""Characters of a string_t."""
_LOW, _MEDIUM, _HIGH = 2, 3, 4
_INFORMATIONAL = 1
_SUCCESS, _FAILURE = 1, 2
_OTHER = 99


class Kind(NamedTuple):
    """The class of an event by its number, its activity, and how grave it is when it is done."""

    of: int
    activity: int
    severity: int = _INFORMATIONAL


AUTHENTICATION, ACCOUNT, AUTHORIZE, ENTITY, API = 3002, 3001, 3003, 3004, 6003
_LOGON = Kind(AUTHENTICATION, 1)
_LOGOFF = Kind(AUTHENTICATION, 2)
_TICKET = Kind(AUTHENTICATION, 3)
_SERVICE_TICKET = Kind(AUTHENTICATION, 4)
_RENEWED_TICKET = Kind(AUTHENTICATION, 5)
_BEFORE = Kind(AUTHENTICATION, 6)
_ABOUT_SIGN_IN = Kind(AUTHENTICATION, _OTHER)
_NEW_ACCOUNT = Kind(ACCOUNT, 1)
_ENABLED = Kind(ACCOUNT, 2)
_NEW_PASSWORD = Kind(ACCOUNT, 3)
_RESET = Kind(ACCOUNT, 4)
_DISABLED = Kind(ACCOUNT, 5)
_DELETED_ACCOUNT = Kind(ACCOUNT, 6)
_NEW_FACTOR = Kind(ACCOUNT, 10)
_LOST_FACTOR = Kind(ACCOUNT, 11)
_ACCOUNT = Kind(ACCOUNT, _OTHER)
_PRIVILEGES = Kind(AUTHORIZE, 1)
_FEWER = Kind(AUTHORIZE, _OTHER)
_MADE = Kind(ENTITY, 1)
_READ = Kind(ENTITY, 2)
_UPDATED = Kind(ENTITY, 3)
_DELETED = Kind(ENTITY, 4)
_ENTITY = Kind(ENTITY, _OTHER)
_SUSPENDED, _RESUMED = Kind(ENTITY, 12), Kind(ENTITY, 13)

KINDS: dict[Event, Kind] = {
    Event.SIGN_IN_FINISHED: _LOGON,
    Event.SIGN_IN_REFUSED: _LOGON,
    Event.SIGN_IN_CANCELLED: _LOGON,
    Event.SIGN_IN_ABANDONED: _LOGON,
    Event.FACTOR_PROVED: _BEFORE,
    Event.FACTOR_REJECTED: _BEFORE,
    Event.FACTOR_HELD: _BEFORE,
    Event.FACTOR_ADDED: _NEW_FACTOR,
    Event.RECOVERY_CODES_MADE: _NEW_FACTOR,
    Event.FACTOR_RENAMED: _ACCOUNT,
    Event.FACTOR_REMOVED: _LOST_FACTOR,
    Event.PASSWORD_CHANGED: _NEW_PASSWORD,
    Event.PASSWORD_DEMANDED: _RESET,
    Event.RESET_ASKED: _RESET,
    Event.LINK_REFUSED: _BEFORE,
    Event.TICKET_USED: _BEFORE,
    Event.CHANGE_HELD: _ACCOUNT,
    Event.CHANGE_ASKED: _ACCOUNT,
    Event.CHANGE_STOPPED: _ACCOUNT,
    Event.SIGN_IN_DENIED: _ABOUT_SIGN_IN._replace(severity=_HIGH),
    Event.DEVICE_NEW: _ABOUT_SIGN_IN,
    Event.ADDRESS_CONFIRMED: _ACCOUNT,
    Event.ADDRESS_CHANGED: _ACCOUNT,
    Event.NUMBER_CHANGED: _ACCOUNT,
    Event.PROFILE_CHANGED: _ACCOUNT,
    Event.CODE_SENT: _BEFORE,
    Event.CODE_HELD: _BEFORE,
    Event.CODE_DELIVERED: _BEFORE,
    Event.CODE_UNDELIVERED: _BEFORE,
    Event.MESSAGE_RETRIED: _UPDATED,
    Event.LOOK_CHANGED: _UPDATED,
    Event.WORDING_CHANGED: _UPDATED,
    Event.ACTION_REFUSED: Kind(API, 2),
    Event.MESSAGES_ALARM: _ENTITY._replace(severity=_HIGH),
    Event.HELP_ASKED: _ACCOUNT,
    Event.PASSKEY_OFFERED: _ABOUT_SIGN_IN,
    Event.SET_UP_READ: _ABOUT_SIGN_IN,
    Event.STAGE_ANNOUNCED: _ABOUT_SIGN_IN,
    Event.STAGE_POSTPONED: _ABOUT_SIGN_IN,
    Event.CONSENT_WITHDRAWN: _FEWER,
    Event.ACCESS_ENDED: _FEWER,
    Event.CONSENT_GIVEN: _PRIVILEGES,
    Event.CONSENT_DENIED: _PRIVILEGES,
    Event.SESSION_ENDED: _LOGOFF,
    Event.PERSON_ADDED: _NEW_ACCOUNT,
    Event.PERSON_INVITED: _ACCOUNT,
    Event.IMPORT_BEGUN: _ACCOUNT,
    Event.IMPORT_ENDED: _ACCOUNT,
    Event.TICKET_SENT: _ACCOUNT,
    Event.CONFIRMATION_SENT: _ACCOUNT,
    Event.PERSON_CHANGED: _ACCOUNT,
    Event.PERSON_DELETED: _DELETED_ACCOUNT,
    Event.PERSON_DISABLED: _DISABLED,
    Event.PERSON_ENABLED: _ENABLED,
    Event.THROTTLE_RELEASED: _ACCOUNT,
    Event.GROUP_ADDED: _MADE,
    Event.GROUP_CHANGED: _UPDATED,
    Event.GROUP_DELETED: _DELETED,
    Event.PASSWORD_SET: _RESET,
    Event.CODE_ISSUED: _TICKET,
    Event.DEVICE_ALLOWED: _TICKET,
    Event.DEVICE_DENIED: _TICKET,
    Event.DEVICE_CODE_REFUSED: _BEFORE,
    Event.DEVICE_CODE_HELD: _BEFORE,
    Event.TOKEN_ISSUED: _SERVICE_TICKET,
    Event.TOKEN_REFRESHED: _RENEWED_TICKET,
    Event.TOKEN_REFUSED: _SERVICE_TICKET,
    Event.TOKEN_REUSED: _RENEWED_TICKET._replace(severity=_HIGH),
    Event.TOKEN_REVOKED: _ABOUT_SIGN_IN,
    Event.OWN_TOKEN_ISSUED: _SERVICE_TICKET,
    Event.OWN_TOKEN_REVOKED: _ABOUT_SIGN_IN,
    Event.REQUEST_REFUSED: Kind(API, 2),
    Event.LOGOUT_DELIVERED: _LOGOFF,
    Event.LOGOUT_FAILED: _LOGOFF,
    Event.CLIENT_HELD: _BEFORE,
    Event.REGISTRATION_ADDED: Kind(API, 1),
    Event.REGISTRATION_CHANGED: Kind(API, 3),
    Event.REGISTRATION_DELETED: Kind(API, 4),
    Event.REGISTRATION_REFUSED: Kind(API, 1),
    Event.INITIAL_TOKEN_ADDED: _MADE,
    Event.CLIENT_ADDED: _MADE,
    Event.CLIENT_CHANGED: _UPDATED,
    Event.CLIENT_DELETED: _DELETED,
    Event.CLIENT_SECRET_ROTATED: _UPDATED,
    Event.KEY_ADDED: _MADE,
    Event.KEY_WITHDRAWN: _DELETED,
    Event.LEDGER_KEY_ADDED: _MADE,
    Event.STAGE_ADDED: _MADE,
    Event.STAGE_MOVED: _UPDATED,
    Event.STAGE_CHANGED: _UPDATED,
    Event.STAGE_STOPPED: _SUSPENDED,
    Event.STAGE_RESUMED: _RESUMED,
    Event.STAGE_EXCEPTED: _UPDATED._replace(severity=_LOW),
    Event.STAGE_EXCEPTION_ENDED: _UPDATED,
    Event.STAGE_REMOVED: _DELETED,
    Event.PROFILE_ASKED: _ACCOUNT,
    Event.PROFILE_KEPT: _ACCOUNT,
    Event.PROFILE_SPLIT: _ACCOUNT,
    Event.PROFILE_WARNED: _ACCOUNT,
    Event.STAGE_WORDS_CHANGED: _UPDATED,
    Event.STAGE_NOTICES_QUEUED: _ENTITY,
    Event.STAGE_NOTICES_BOUNCED: _ENTITY,
    Event.AUDIT_EXPORTED: _READ,
    Event.STREAM_REPLAYED: _READ,
    Event.AUDIT_VIEWED: _READ,
    Event.AUDIT_QUESTION_SAVED: _MADE,
    Event.AUDIT_QUESTION_REMOVED: _DELETED,
    Event.BACKUP_MADE: _READ,
    Event.DATA_EXPORTED: _READ._replace(severity=_MEDIUM),
    Event.RESTORE_DONE: _UPDATED._replace(severity=_MEDIUM),
    Event.CANARY_ALARM: _ENTITY._replace(severity=_HIGH),
    Event.LEDGER_CONTRADICTED: _ENTITY._replace(severity=_HIGH),
    Event.ROW_REFUSED: _ENTITY._replace(severity=_HIGH),
    Event.ROW_TRUSTED: _UPDATED._replace(severity=_MEDIUM),
    Event.ROW_REMOVED: _DELETED._replace(severity=_MEDIUM),
    Event.EVENTS_PRUNED: _DELETED,
}
"""What each event is. Activity 99 is "Other": `activity_name` says then which."""
_UNKNOWN = Kind(ENTITY, _OTHER)
"""What a later version wrote before this one was put back."""


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
    if kind.activity == _OTHER:
        value["activity_name"] = row.kind
    if row.times > 1:
        value |= {"count": row.times, "start_time": row.at * 1000, "end_time": row.last_at * 1000}
    return value | _FORMS[kind.of](row, data)


def severity(row: EventRow) -> int:
    """Return how grave an event is: 1 informational, 2 low, 3 medium, 4 high."""
    grave = _kind(row).severity
    return grave if _done(row) else max(grave, _LOW)


def _kind(row: EventRow) -> Kind:
    try:
        return KINDS[Event(row.kind)]
    except ValueError:
        return _UNKNOWN


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
