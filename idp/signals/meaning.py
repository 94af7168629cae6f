"""What an event of the trail means to applications: one table of small functions. Pure.

The words are ours, not those of the trail: a reason there may name who acted.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.audit import Event, Outcome
from idp.signals import vocabulary as words
from idp.store.events import EventRow

CREDENTIALS = {"totp": "app", "sms": "phone-sms", "webauthn": "fido2"}
"""Methods as CAEP section 3.3.1 calls them; others by our own name."""
_LEFT = frozenset({"groups", "roles"})


@dataclass(frozen=True)
class Signal:
    """One thing to be told of a person, before it is known to whom."""

    event: str
    body: Mapping[str, Any] = field(default_factory=dict)
    sid: str = ""
    """The session that it is about; "": all that the person has."""
    identifier: str = ""
    """Of a changed identifier: email or phone."""
    claims: tuple[str, ...] = ()
    """Of changed claims: which."""


Means = Callable[[EventRow, dict[str, Any]], Iterator[Signal]]


def of(row: EventRow) -> list[Signal]:
    """Return what an event means, in the order in which it is told."""
    means = _MEANINGS.get(row.kind)
    if means is None or row.person_id is None:
        return []
    data = json.loads(row.data) if row.data else {}
    return list(means(row, data))


def initiator(row: EventRow, data: Mapping[str, Any]) -> str:
    """Return who caused it (CAEP section 2): admin, user, or the system."""
    if "by" in data or "program" in data or row.kind.startswith("operator:"):
        return "admin"
    source = row.source or ""
    if source.startswith("cli:"):
        return "admin"
    return "user" if source else "system"


def _because(row: EventRow, data: Mapping[str, Any], why: str, **more: Any) -> dict[str, Any]:
    """Return the members that every event of CAEP may have (section 2), and its own."""
    return {
        "event_timestamp": row.at,
        "initiating_entity": initiator(row, data),
        "reason_admin": {"en": why},
        **more,
    }


def _session(row: EventRow, data: dict[str, Any]) -> Iterator[Signal]:
    """A session, the sessions but for one, or all that a person has."""
    sids = data.get("sids")
    if row.sid:
        body = _because(row, data, "The session was ended.")
        yield Signal(words.SESSION_REVOKED, body, sid=row.sid)
    elif sids is not None:
        yield from _sessions(row, data, "The session was ended from elsewhere.")
    else:
        body = _because(row, data, "All sessions of the person were ended.")
        yield Signal(words.SESSION_REVOKED, body)


def _proved(row: EventRow, data: dict[str, Any]) -> Iterator[Signal]:
    """A sign-in was finished: perhaps more was proved than before it in its session."""
    if row.sid and row.acr:
        body = _because(row, data, "The person signed in again there, and proved more.")
        yield Signal(words.ASSURANCE_CHANGE, body, sid=row.sid)


def _sessions(row: EventRow, data: dict[str, Any], why: str) -> Iterator[Signal]:
    for sid in data.get("sids") or ():
        yield Signal(words.SESSION_REVOKED, _because(row, data, why), sid=str(sid))


def _credential(change: str) -> Means:
    def means(row: EventRow, data: dict[str, Any]) -> Iterator[Signal]:
        if data.get("credentials") == 0:
            # There was none to remove: what was, was its lock.
            return
        # "totp", or "totp, removed by …".
        method = (row.reason or "").partition(",")[0].strip()
        kind = CREDENTIALS.get(method, method or "unknown")
        said = "was set up" if change == "create" else "was removed"
        body = _because(
            row,
            data,
            f"A way to sign in {said}: {method}.",
            credential_type=kind,
            change_type=change,
        )
        yield Signal(words.CREDENTIAL_CHANGE, body)
        yield from _sessions(row, data, f"It rested on a way to sign in that {said}: {method}.")

    return means


def _updated(kind: str, why: str) -> Means:
    def means(row: EventRow, data: dict[str, Any]) -> Iterator[Signal]:
        body = _because(row, data, why, credential_type=kind, change_type="update")
        yield Signal(words.CREDENTIAL_CHANGE, body)

    return means


def _plain(event: str) -> Means:
    """An event of RISC that says no more than that it happened."""

    def means(_row: EventRow, _data: dict[str, Any]) -> Iterator[Signal]:
        yield Signal(event)

    return means


def _denied(row: EventRow, data: dict[str, Any]) -> Iterator[Signal]:
    """Somebody said "this was not me", and the account was closed to whoever it was."""
    if data.get("locked"):
        why = {"en": "The person said that what was done with the account was somebody else."}
        body = {"credential_type": "password", "event_timestamp": row.at, "reason_admin": why}
        yield Signal(words.COMPROMISE, body)


def _identifier(what: str) -> Means:
    def means(row: EventRow, data: dict[str, Any]) -> Iterator[Signal]:
        yield Signal(words.IDENTIFIER_CHANGED, identifier=what)
        yield from _sessions(row, data, "It rested on the number before.")

    return means


def _recovery(row: EventRow, _data: dict[str, Any]) -> Iterator[Signal]:
    if row.outcome == Outcome.DONE.value:
        yield Signal(words.RECOVERY_ACTIVATED)


def _person(row: EventRow, data: dict[str, Any]) -> Iterator[Signal]:
    """Groups or roles of a person are others."""
    before, after = data.get("before") or {}, data.get("after") or {}
    changed = tuple(sorted(n for n in _LEFT if before.get(n) != after.get(n)))
    if changed:
        body = _because(row, data, "Groups or roles of the person were changed.")
        yield Signal(words.CLAIMS_CHANGE, body, claims=changed)


_NEW_PASSWORD = _updated("password", "The password was changed.")
_MEANINGS: Mapping[str, Means] = {
    Event.SIGN_IN_FINISHED.value: _proved,
    Event.SESSION_ENDED.value: _session,
    Event.FACTOR_ADDED.value: _credential("create"),
    Event.FACTOR_REMOVED.value: _credential("delete"),
    Event.RECOVERY_CODES_MADE.value: _updated("recovery", "New recovery codes were made."),
    Event.PASSWORD_CHANGED.value: _NEW_PASSWORD,
    Event.PASSWORD_SET.value: _NEW_PASSWORD,
    Event.PASSWORD_DEMANDED.value: _plain(words.CHANGE_REQUIRED),
    Event.SIGN_IN_DENIED.value: _denied,
    Event.RESET_ASKED.value: _recovery,
    Event.PERSON_DISABLED.value: _plain(words.DISABLED),
    Event.PERSON_ENABLED.value: _plain(words.ENABLED),
    Event.PERSON_DELETED.value: _plain(words.PURGED),
    Event.PERSON_CHANGED.value: _person,
    Event.ADDRESS_CHANGED.value: _identifier("email"),
    Event.NUMBER_CHANGED.value: _identifier("phone"),
}
KINDS = tuple(_MEANINGS)
"""The events that mean anything to applications."""
