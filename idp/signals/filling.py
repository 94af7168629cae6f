"""What a token says of an event: its body, with what only the rows of now can say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from idp.installation import Installation
from idp.oidc.clients.client import Client
from idp.oidc.tokens import claims
from idp.policy import reach
from idp.signals import naming
from idp.signals import vocabulary as words
from idp.signals.meaning import Signal
from idp.store import changes, credentials, people
from idp.store.db import Work
from idp.store.events import EventRow

_NAMESPACE = "acr"
"""Of levels of assurance: they are values of `acr`, as ID tokens say them."""
_NEAR = 2
"""Seconds between a change of an address and its event, at most."""


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
        body = _assurance(work, this, row, signal)
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


def _assurance(
    work: Work, this: Installation, row: EventRow, signal: Signal
) -> dict[str, Any] | None:
    """Return how the strongest level that somebody can reach changed (CAEP section 3.4)."""
    stored = people.by_id(work, row.person_id or "")
    if stored is None:
        return None
    if signal.came and len(credentials.of(work, stored.id, signal.method)) > 1:
        # Another of its kind was there.
        return None
    rules = this.signin.rules
    now = this.signin.facts.of(work, stored)
    others = now.enrolled - {signal.method}
    # The way may have gone, or come, once more since: then that is told as well.
    ways = others | {signal.method}
    held = reach.strongest(replace(now, enrolled=ways), rules)
    without = reach.strongest(replace(now, enrolled=others), rules)
    if held == without or held is None:
        return None
    before, after = (without, held) if signal.came else (held, without)
    if not signal.came and signal.method in now.enrolled:
        # Another of its kind is left.
        return None
    body = dict(signal.body)
    body |= {"namespace": _NAMESPACE, "current_level": after or "0"}
    body |= {"previous_level": before or "0"}
    return body | {"change_direction": "increase" if signal.came else "decrease"}


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
