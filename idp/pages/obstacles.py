"""What keeps a person from signing in, in words: the reason, and what mends it.

Owns the sentences, said alike in a sign-in and before a date; who is kept from what, and why, is
`policy.obstacles`'s.
"""

from dataclasses import dataclass

from idp.authenticators.codes import mask_email, mask_phone
from idp.language import Text, Words, _
from idp.policy.steps import Obstacle
from idp.store.people import PersonRow


@dataclass(frozen=True)
class Told:
    """One obstacle as its person reads it: why, and what to do."""

    obstacle: Obstacle
    reason: Words
    remedy: Words


def told(obstacle: Obstacle, person: PersonRow, client: str | None) -> Told:
    """Return an obstacle in words; `client` is the name of the application that waits, if any."""
    return Told(obstacle, _reason(obstacle, person, client), _remedy(obstacle, client))


def _reason(obstacle: Obstacle, person: PersonRow, client: str | None) -> Words:
    if obstacle is Obstacle.UNCONFIRMED_ADDRESS and person.email:
        return _(
            "Before you set one up, a code by e-mail shows that it is you, and your address"
            " %(address)s was never confirmed.",
            address=mask_email(person.email),
        )
    if obstacle in (Obstacle.UNCONFIRMED_NUMBER, Obstacle.NUMBER_GETS_NO_MESSAGES):
        return _of_number(obstacle, mask_phone(person.phone or ""))
    if obstacle is Obstacle.NOT_YET:
        return _(
            "%(client)s takes a second step only once it is set up, from the next sign-in on.",
            client=client or _("This page"),
        )
    return _REASONS[obstacle]


def _of_number(obstacle: Obstacle, number: str) -> Text:
    if obstacle is Obstacle.UNCONFIRMED_NUMBER:
        return _(
            "Before you set one up, a code by text message shows that it is you, and your number"
            " %(number)s was never confirmed.",
            number=number,
        )
    return _("We cannot send text messages to your number, %(number)s.", number=number)


_REASONS: dict[Obstacle, Words] = {
    Obstacle.DISABLED: _("No one can sign in with it until it is switched on again."),
    Obstacle.NOTHING_TO_BEGIN: _("No password was chosen for your account yet."),
    Obstacle.UNCONFIRMED_ADDRESS: _(
        "Before you set one up, a code by e-mail shows that it is you, and we have no e-mail"
        " address of yours."
    ),
    Obstacle.NO_NUMBER: _("It needs text messages, and we have no mobile number of yours."),
    Obstacle.WAYS_OFF: _("The second step that you have set up is not offered here any more."),
    Obstacle.NO_WAY: _("None of the ways that are offered to you here is enough for it."),
    Obstacle.FACTOR_SHUT: _("There were too many tries with your second step, so it is shut."),
}


def _remedy(obstacle: Obstacle, client: str | None) -> Words:
    if obstacle is Obstacle.NOT_YET:
        return _(
            "Set one up in your account, then sign in to %(client)s again.",
            client=client or _("This page"),
        )
    return _REMEDIES[obstacle]


_REMEDIES: dict[Obstacle, Words] = {
    Obstacle.DISABLED: _(
        "The people who look after your account can tell you why, and switch it on again."
    ),
    Obstacle.NOTHING_TO_BEGIN: _(
        "The people who look after your account can send you a link with which you choose one."
    ),
    Obstacle.UNCONFIRMED_ADDRESS: _(
        "The people who look after your account make sure that it is you, and confirm the address."
    ),
    Obstacle.UNCONFIRMED_NUMBER: _(
        "The people who look after your account make sure that it is you, and confirm the number."
    ),
    Obstacle.NO_NUMBER: _(
        "The people who look after your account make sure that it is you, and add your mobile"
        " number."
    ),
    Obstacle.NUMBER_GETS_NO_MESSAGES: _(
        "The people who look after your account make sure that it is you, and put your mobile"
        " number in its place."
    ),
    Obstacle.WAYS_OFF: _(
        "The people who look after your account make sure that it is you, and open another way for"
        " you."
    ),
    Obstacle.NO_WAY: _("The people who look after your account can tell you what else there is."),
    Obstacle.FACTOR_SHUT: _(
        "The people who look after your account make sure that it is you, and open it again."
    ),
}
