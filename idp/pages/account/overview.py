"""One person's account on one page: how it is protected, by what, and what happened lately."""

from typing import Any

from idp import moments
from idp.authenticators.base import Authenticator
from idp.authenticators.codes import mask_phone
from idp.installation import Installation
from idp.language import Either, Text, _
from idp.pages.account import activity
from idp.people.factors.credentials import Way
from idp.policy.types import Trait
from idp.store.db import Work
from idp.store.people import PersonRow

SHOWN = 10


def page(installation: Installation, work: Work, person: PersonRow) -> dict[str, Any]:
    """Return the values of account/index.html."""
    ways = installation.signin.authenticators
    second = [
        way for way in ways.values() if way.method in person.methods and not way.ability.remembered
    ]
    found = installation.credentials.ways(work, person)
    return {
        "title": _("Your account"),
        "signed_in": person.name,
        "person": {
            "name": person.name,
            "email": person.email,
            "phone_masked": mask_phone(person.phone) if person.phone else None,
        },
        "sentence": _sentence(second),
        "factors": [_factor(way) for way in found],
        "one_way": sum(way.second for way in found) == 1,
        "activity": activity.latest(installation, work, person.id, SHOWN),
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
        return _("Your account is protected by %(ways)s, which no fake page can steal.", ways=ways)
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
        "Your account is protected by your password and a second step: %(ways)s. Add a"
        " passkey, which no fake page can steal, to make it safer still.",
        ways=ways,
    )


def _factor(way: Way) -> dict[str, Any]:
    used = way.row.last_used_at
    return {
        "title": way.title,
        "text": _("Last used %(when)s", when=moments.minute(used)) if used else _("Not used yet"),
        "since": moments.day(way.row.created_at),
    }
