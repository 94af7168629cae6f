"""One person's account on one page: how it is protected, by what, and what happened lately."""

from typing import Any

from idp import clock, moments
from idp.audit import Event
from idp.authenticators.base import Authenticator
from idp.authenticators.codes import mask_phone
from idp.installation import Installation
from idp.language import Either, Text, _
from idp.policy.types import Trait
from idp.store import clients, events, people
from idp.store.db import Work
from idp.store.events import EventRow, Filter
from idp.store.people import CredentialRow, PersonRow

SHOWN = 10
LOOKED_AT = 200
"""Events searched for the ones worth showing: tokens are renewed far more often than that."""

WORDS = {
    Event.SIGN_IN_FINISHED: _("You signed in"),
    Event.SIGN_IN_REFUSED: _("A sign-in was refused"),
    Event.SIGN_IN_CANCELLED: _("A sign-in was cancelled"),
    Event.FACTOR_REJECTED: _("A wrong password or code was typed"),
    Event.FACTOR_HELD: _("A sign-in was held back after too many tries"),
    Event.FACTOR_ADDED: _("A way to sign in was added"),
    Event.FACTOR_REMOVED: _("A way to sign in was removed"),
    Event.FACTOR_RENAMED: _("A way to sign in got another name"),
    Event.RECOVERY_CODES_MADE: _("New recovery codes were made"),
    Event.PASSWORD_CHANGED: _("Your password was changed"),
    Event.PASSWORD_DEMANDED: _("A new password was demanded"),
    Event.RESET_ASKED: _("A link to choose a new password was asked for"),
    Event.SIGN_IN_DENIED: _("You said that a sign-in was not yours"),
    Event.DEVICE_NEW: _("You signed in on a new device"),
    Event.CONSENT_WITHDRAWN: _("You withdrew an application's consent"),
    Event.ADDRESS_CONFIRMED: _("You confirmed your address"),
    Event.CODE_SENT: _("A code was sent to you"),
    Event.CODE_HELD: _("Too many codes were asked for"),
    Event.CODE_UNDELIVERED: _("A code could not be delivered"),
    Event.CONSENT_GIVEN: _("You let an application see your details"),
    Event.CONSENT_DENIED: _("You did not let an application see your details"),
    Event.SESSION_ENDED: _("You were signed out"),
    Event.PERSON_ADDED: _("Your account was made"),
    Event.PERSON_DISABLED: _("Your account was switched off"),
    Event.PERSON_ENABLED: _("Your account was switched on again"),
    Event.PASSWORD_SET: _("Your password was set"),
}
"""What a person is told of an event; the others are the auditor's."""


def page(this: Installation, work: Work, person: PersonRow) -> dict[str, Any]:
    """Return the values of account/index.html."""
    ways = this.signin.authenticators
    credentials = people.credentials(work, person.id)
    second = [
        way for way in ways.values() if way.method in person.methods and not way.ability.remembered
    ]
    return {
        "title": _("Your account"),
        "signed_in": person.name,
        "person": {
            "name": person.name,
            "email": person.email,
            "phone_masked": mask_phone(person.phone) if person.phone else None,
        },
        "sentence": _sentence(second),
        "factors": [_factor(ways.get(c.method), c) for c in credentials],
        "activity": _activity(work, person.id),
    }


def _sentence(second: list[Authenticator]) -> Text:
    """Say how safe it is: as safe as the weakest way in."""
    if not second:
        return _(
            "Your account is protected by your password alone. A second step would keep it safe"
            " even if someone learned your password."
        )
    ways = Either([way.noun for way in second])
    if all(Trait.PHISHING_RESISTANT in way.ability.traits for way in second):
        return _("Your account is protected by %(ways)s, which no false page can steal.", ways=ways)
    if any(Trait.PHISHING_RESISTANT in way.ability.traits for way in second):
        return _(
            "Your account is protected by your password and a second step: %(ways)s.", ways=ways
        )
    if all(Trait.TELEPHONE in way.ability.traits for way in second):
        return _(
            "Your account is protected by your password and %(ways)s. Messages can be caught on"
            " their way: an authenticator app is safer, and a passkey safest.",
            ways=ways,
        )
    return _(
        "Your account is protected by your password and a second step: %(ways)s. Add a passkey,"
        " which no false page can steal, to make it safer still.",
        ways=ways,
    )


def _factor(way: Authenticator | None, credential: CredentialRow) -> dict[str, Any]:
    used = credential.last_used_at
    return {
        "title": way.title if way else credential.label,
        "text": _("Last used %(when)s", when=moments.minute(used)) if used else _("Not used yet"),
        "since": moments.day(credential.created_at),
    }


def _activity(work: Work, person_id: str) -> list[dict[str, Any]]:
    rows = events.listing(work, Filter(person=person_id), LOOKED_AT)
    told = [row for row in rows if row.person_id == person_id and row.kind in WORDS][:SHOWN]
    names = {row.client_id: _client_name(work, row.client_id) for row in told}
    return [
        {
            "when": moments.minute(row.at),
            "when_iso": clock.iso(row.at),
            "text": _words(row, names[row.client_id]),
        }
        for row in told
    ]


def _words(row: EventRow, client: str | None) -> Text:
    text = WORDS[Event(row.kind)]
    return _("%(what)s: %(client)s", what=text, client=client) if client else text


def _client_name(work: Work, client_id: str | None) -> str | None:
    found = clients.find(work, client_id) if client_id else None
    return found.name if found else None
