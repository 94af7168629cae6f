"""What a token says of an event: its body, with what only the rows of now can say."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from idp.installation import Installation
from idp.oidc.clients.client import Client
from idp.oidc.tokens import claims
from idp.signals import naming
from idp.signals import vocabulary as words
from idp.signals.meaning import Signal
from idp.store import changes, people
from idp.store.db import Work
from idp.store.events import EventRow
from idp.store.signals import sessions

_NAMESPACE = "acr"
"""Of levels of assurance: they are values of `acr`, as ID tokens say them."""
_NEAR = 2
"""Seconds between a change of an address and its event, at most."""


def settled(work: Work, this: Installation, row: EventRow, signal: Signal) -> Signal | None:
    """Return what an event means with what is the same for all who are told; None: nothing at all.

    A sign-in means something where it raised its session: what was proved is above all before it
    there (CAEP 1.0 section 3.4), whatever each application asked for, and reads in its ID token.
    """
    if signal.event != words.ASSURANCE_CHANGE:
        return signal
    rank = _ranks(this)
    level = max(sessions.levels_of(row.acr or "", row.data), key=rank)
    if rank(level) <= 0:
        # Nothing is below the weakest.
        return None
    before = sessions.levels_before(work, row.person_id or "", signal.sid, row.id)
    last = max(before, key=rank, default=None)
    if last is None or rank(level) <= rank(last):
        return None
    levels = {"current_level": level, "previous_level": last, "change_direction": "increase"}
    return replace(signal, body={**signal.body, "namespace": _NAMESPACE, **levels})


def _ranks(this: Installation) -> Callable[[str], int]:
    """Return what tells how strong an acr value is, the weakest first; -1: it says nothing."""
    rules = this.signin.rules

    def rank(acr: str) -> int:
        level = rules.level(acr)
        return -1 if level is None else rules.levels.index(level)

    return rank


def filled(
    work: Work,
    this: Installation,
    client: Client,
    row: EventRow,
    signal: Signal,
    sub_id: Mapping[str, Any],
) -> dict[str, Any] | None:
    """Return the claims of a token that are not the same for all; None: there is nothing to say.

    `txn` is the same for all that one request caused (SSF 1.0 section 4.1.8), and tells nothing
    else.
    """
    body: dict[str, Any] | None = dict(signal.body)
    subject = dict(sub_id)
    if signal.event == words.ASSURANCE_CHANGE:
        # Who asked for more is told by the ID token.
        body = None if row.client_id == client.client_id else body
    elif signal.event == words.CLAIMS_CHANGE:
        body = _claims(work, client, row, signal)
    elif signal.event == words.IDENTIFIER_CHANGED:
        changed = _identifier(work, client, row, signal)
        body = None if changed is None else changed[1]
        subject = subject if changed is None else changed[0]
    if body is None:
        return None
    cause = this.keyring.keyed_digest("signals", client.client_id, row.request_id or str(row.id))
    return {"sub_id": subject, "events": {signal.event: body}, "txn": cause[:22]}


def _claims(work: Work, client: Client, row: EventRow, signal: Signal) -> dict[str, Any] | None:
    """Return what of a person is another, and the application may see."""
    person = people.by_id(work, row.person_id or "")
    seen = naming.sees(work, client, row.person_id or "") & set(signal.claims)
    if person is None or not seen:
        return None
    return {**signal.body, "claims": claims.told(client, person, seen)}


def _identifier(
    work: Work, client: Client, row: EventRow, signal: Signal
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the former address or number, and the new one (RISC section 2.5).

    Only to an application that may see it; a former one that was never confirmed is
    nobody's.
    """
    scope = "email" if signal.identifier == "email" else "phone"
    if scope not in naming.sees(work, client, row.person_id or ""):
        return None
    what = changes.EMAIL if scope == "email" else changes.PHONE
    found = [
        one
        for one in changes.lately(work, row.person_id or "")
        if one.what == what and one.old and abs(one.at - row.at) <= _NEAR
    ]
    if not found:
        return None
    last = found[-1]
    subject = (
        {"format": "email", "email": last.old}
        if scope == "email"
        else {"format": "phone_number", "phone_number": last.old}
    )
    return subject, {"new-value": last.new} if last.new else {}
