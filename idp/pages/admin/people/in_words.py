"""What stands in the way of a sign-in, as the console says it: a sentence for each code."""

from collections.abc import Mapping

from idp.language import Words, _
from idp.people.helpdesk import Problem

PROBLEMS: Mapping[str, Words] = {
    "switched-off": _("The account is switched off."),
    "nothing-enrolled": _("No password was chosen yet, and nothing is set up."),
    "address-unconfirmed": _(
        "The e-mail address was never confirmed, so no link to a new password can be sent."
    ),
    "no-second-step": _(
        "To set up a second step for the first time, a code must reach a confirmed address or"
        " number, and there is none."
    ),
    "password-due": _("A new password is asked for at the next sign-in."),
    "second-step-due": _(
        "A second step is to be set up at the next sign-in, because the last one was removed."
    ),
    "refused": _("A sign-in cannot be finished."),
    "no-code": _("A code is needed to set up a second step, and sending one is switched off here."),
    "stage-demands": _("A stage of the rollout requires a second step that is not set up."),
    "stage-coming": _("A stage of the rollout will require a second step that is not set up."),
    "mail-off": _("E-mail is switched off here, so no codes, links or notices are sent."),
    "sms-off": _("Text messages are switched off here."),
    "asked-for-help": _("Has asked for help, and not signed in since."),
    "factor-useless": _("Something that is set up cannot be used now."),
    "held-back": _("Is held back after too many tries."),
}
"""By the codes of `people.helpdesk`."""


def problem(found: Problem) -> Words:
    """Return what stands in the way, in the language spoken."""
    return PROBLEMS[found.code]
