"""What mends a stuck person: the reason, what somebody can do, and the command that does it.

Said to those who look after accounts; what the person reads is in `idp.pages.obstacles`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from idp.language import Words, _
from idp.policy.steps import Obstacle
from idp.rollout.forecast import Doubt
from idp.store.people import PersonRow


@dataclass(frozen=True)
class Remedy:
    """One reason, and what mends it."""

    code: str
    reason: Words
    remedy: Words
    command: str = ""
    """What an operator types; "" where there is no command for it."""


def of(reason: Obstacle | Doubt, person: PersonRow) -> Remedy:
    """Return why a person is stuck, or in doubt, and what mends it."""
    name = person.username
    command = _COMMANDS.get(reason, "").format(name=name)
    if reason in _OF_NUMBER and "sms" in person.methods:
        # It was set up with another number: only the person can prove the new one.
        command = _SET_UP_AGAIN.format(name=name)
    return Remedy(reason.value, REASONS[reason], REMEDIES[reason], command)


REASONS: Mapping[Obstacle | Doubt, Words] = {
    Obstacle.DISABLED: _("The account is switched off."),
    Obstacle.NOTHING_TO_BEGIN: _("No password was chosen yet."),
    Obstacle.UNCONFIRMED_ADDRESS: _("The e-mail address was never confirmed."),
    Obstacle.UNCONFIRMED_NUMBER: _("The mobile number was never confirmed."),
    Obstacle.NO_NUMBER: _("There is no mobile number."),
    Obstacle.NUMBER_GETS_NO_MESSAGES: _("The number gets no text messages."),
    Obstacle.WAYS_OFF: _("The second step that is set up is switched off here."),
    Obstacle.NO_WAY: _("No way that is offered here would do."),
    Obstacle.NOT_YET: _("The application takes no second step that was set up just now."),
    Obstacle.FACTOR_SHUT: _("The second step is shut after too many tries."),
    Doubt.DORMANT: _("Nobody has signed in for a year."),
    Doubt.UNASKED: _("An application continues with an earlier sign-in, and asks for none."),
    Doubt.SHARED: _("More than one person seems to use the profile."),
}
REMEDIES: Mapping[Obstacle | Doubt, Words] = {
    Obstacle.DISABLED: _("Switch it on again, or leave the person out of the stage."),
    Obstacle.NOTHING_TO_BEGIN: _("Send an invitation, with which a password is chosen."),
    Obstacle.UNCONFIRMED_ADDRESS: _("Make sure that it is theirs, then confirm the address."),
    Obstacle.UNCONFIRMED_NUMBER: _("Make sure that it is theirs, then confirm the number."),
    Obstacle.NO_NUMBER: _("Ask for a mobile number, and put it on the profile."),
    Obstacle.NUMBER_GETS_NO_MESSAGES: _("Ask for a mobile number, and put it in its place."),
    Obstacle.WAYS_OFF: _("Switch it on again, or help them to set up another way."),
    Obstacle.NO_WAY: _("Offer another way in the settings, or leave the person out of the stage."),
    Obstacle.NOT_YET: _("Ask them to set up a second step in their account first."),
    Obstacle.FACTOR_SHUT: _("Make sure that it is them, then open it again."),
    Doubt.DORMANT: _("Find out whether the account is still needed; if not, switch it off."),
    Doubt.UNASKED: _("Sign them out on the day: the application then asks them to sign in."),
    Doubt.SHARED: _("Give each person a profile of their own."),
}
_COMMANDS: Mapping[Obstacle | Doubt, str] = {
    Obstacle.DISABLED: "acrux user enable {name}",
    Obstacle.NOTHING_TO_BEGIN: "acrux user invite {name}",
    Obstacle.UNCONFIRMED_ADDRESS: "acrux user set-email {name} ADDRESS --verified",
    Obstacle.UNCONFIRMED_NUMBER: "acrux user set-phone {name} NUMBER --verified",
    Obstacle.NO_NUMBER: "acrux user set-phone {name} NUMBER",
    Obstacle.NUMBER_GETS_NO_MESSAGES: "acrux user set-phone {name} NUMBER",
    Obstacle.FACTOR_SHUT: "acrux user release {name}",
    Doubt.DORMANT: "acrux user disable {name}",
    Doubt.UNASKED: "acrux user sign-out {name}",
    Doubt.SHARED: "acrux profiles split {name}",
}
_OF_NUMBER = frozenset({Obstacle.UNCONFIRMED_NUMBER})
_SET_UP_AGAIN = "acrux user reset-factor {name} sms"
