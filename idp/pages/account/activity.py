"""What happened to an account, in words for its owner: on the overview, and page by page.

Owns the words for events; which of them are the auditor's alone is said by their absence.
"""

import re
from typing import Any

from flask import Blueprint, Response, request

from idp import clock, moments, web
from idp.audit import Event
from idp.installation import Installation
from idp.language import Text, Words, _
from idp.pages import gate
from idp.pages.account.page import ACTIVITY, show
from idp.signin.interaction import Authorized
from idp.store import events
from idp.store.db import Work
from idp.store.events import EventRow, Filter
from idp.store.oidc import clients

SHOWN = 50
_NUMBER = re.compile("[0-9]{1,18}")

WORDS = {
    Event.SIGN_IN_FINISHED: _("You signed in"),
    Event.SIGN_IN_REFUSED: _("A sign-in was refused"),
    Event.SIGN_IN_CANCELLED: _("A sign-in was cancelled"),
    Event.FACTOR_REJECTED: _("A password or code did not match"),
    Event.FACTOR_HELD: _("A sign-in was held back after too many tries"),
    Event.FACTOR_ADDED: _("A way to sign in was added"),
    Event.FACTOR_REMOVED: _("A way to sign in was removed"),
    Event.FACTOR_RENAMED: _("A way to sign in got another name"),
    Event.RECOVERY_CODES_MADE: _("New recovery codes were made"),
    Event.PASSWORD_CHANGED: _("Your password was changed"),
    Event.PASSWORD_DEMANDED: _("A new password was required"),
    Event.RESET_ASKED: _("A link to choose a new password was asked for"),
    Event.TICKET_USED: _("A link to set up a second step was used"),
    Event.CHANGE_ASKED: _("A change was asked for without your strongest way"),
    Event.CHANGE_STOPPED: _("A change that was waiting was stopped"),
    Event.SIGN_IN_DENIED: _("You said that a sign-in was not yours"),
    Event.DEVICE_NEW: _("You signed in on a new device"),
    Event.CONSENT_WITHDRAWN: _("You removed an application's access"),
    Event.ACCESS_ENDED: _("You removed an application's access"),
    Event.ADDRESS_CONFIRMED: _("You confirmed your address"),
    Event.ADDRESS_CHANGED: _("Your e-mail address was changed"),
    Event.NUMBER_CHANGED: _("Your mobile number was changed"),
    Event.PROFILE_CHANGED: _("Your name or language was changed"),
    Event.CODE_SENT: _("A code was sent to you"),
    Event.HELP_ASKED: _("You said that you could not use a second step"),
    Event.CODE_HELD: _("Too many codes were asked for"),
    Event.CODE_UNDELIVERED: _("A code could not be delivered"),
    Event.CONSENT_GIVEN: _("You let an application see your details"),
    Event.CONSENT_DENIED: _("You did not let an application see your details"),
    Event.DEVICE_ALLOWED: _("You let an application in on another device"),
    Event.DEVICE_DENIED: _("You did not let an application in on another device"),
    Event.CIBA_ASKED: _("An application asked for your answer"),
    Event.CIBA_ALLOWED: _("You answered yes to an application that asked"),
    Event.CIBA_DENIED: _("You answered no to an application that asked"),
    Event.SESSION_ENDED: _("You were signed out"),
    Event.PERSON_ADDED: _("Your account was made"),
    Event.PERSON_DISABLED: _("Your account was switched off"),
    Event.PERSON_ENABLED: _("Your account was switched on again"),
    Event.PASSWORD_SET: _("Your password was set"),
}
"""What a person is told of an event; the others are the auditor's."""


_OF_WAYS = {Event.FACTOR_ADDED, Event.FACTOR_REMOVED}
"""Events whose reason begins with a method."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""

    @views.get("/activity")
    @gate.signed_in(installation, ACTIVITY)
    def activity(who: Authorized) -> Response:
        before = request.args.get("before", "")
        older_than = int(before) if _NUMBER.fullmatch(before) else None
        found = latest(installation, web.work(), who.person.id, SHOWN + 1, older_than)
        older = found[SHOWN - 1]["id"] if len(found) > SHOWN else None
        title = _("Recent activity")
        return show("activity", who, title=title, activity=found[:SHOWN], older=older)


def latest(
    installation: Installation,
    work: Work,
    person_id: str,
    count: int,
    older_than: int | None = None,
) -> list[dict[str, Any]]:
    """Return up to `count` events of a person, newest first, before the one of that number."""
    kinds = tuple(kind.value for kind in WORDS)
    wanted = Filter(person_id=person_id, kinds=kinds, before_id=older_than)
    rows = events.listing(work, wanted, count)
    names = {row.client_id: _client_name(work, row.client_id) for row in rows}
    return [
        {
            "id": row.id,
            "when": moments.minute(row.at),
            "when_iso": clock.iso(row.at),
            "text": _words(installation, row, names[row.client_id]),
            "where": _where(row.source),
        }
        for row in rows
    ]


def _words(installation: Installation, row: EventRow, client: str | None) -> Text:
    text = WORDS[Event(row.kind)]
    if row.kind in _OF_WAYS:
        method = (row.reason or "").partition(",")[0]
        way = installation.signin.authenticators.get(method)
        return _("%(what)s: %(way)s", what=text, way=way.title) if way else text
    return _("%(what)s: %(client)s", what=text, client=client) if client else text


def _where(source: str | None) -> Words | None:
    """Say where it was done; None when that is not known."""
    if source is not None and source.startswith("cli:"):
        return _("by the people who look after your account")
    return _("from %(address)s", address=source) if source else None


def _client_name(work: Work, client_id: str | None) -> str | None:
    found = clients.find(work, client_id) if client_id else None
    return found.name if found else None
