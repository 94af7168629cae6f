"""The one match on steps: the address of each step's page.

Anyone who begins a sign-in sends the browser there at once, and the dispatcher does whenever a step
is done. Owns addresses; what the pages show is `idp.pages.interaction`'s, and what comes next the
policy's.
"""

from idp.policy.steps import (
    Announce,
    Authenticate,
    Change,
    Consent,
    Done,
    Enrol,
    EnrolmentProof,
    Identify,
    Keep,
    Offer,
    Refuse,
    Renew,
    Step,
)

LOGIN = "login"
REFUSED = "refused"
PAGES: dict[type[Step], str] = {
    Identify: LOGIN,
    Renew: "renew",
    Keep: "keep",
    Done: "done",
    Change: "contact",
    Announce: "announce",
    Offer: "offer",
    Consent: "consent",
}
"""The page of each step that has but one."""


def base(interaction_id: str) -> str:
    """Return the address of an interaction; its steps lie below."""
    return f"/interaction/{interaction_id}"


def path(step: Step) -> str | None:
    """Return the page of a step, below the interaction; None when it is over."""
    match step:
        case Authenticate(begins=True):
            return LOGIN
        case Authenticate(methods=(method, *_)):
            return method
        case Enrol(confirm=EnrolmentProof()) | Change(confirm=EnrolmentProof()):
            return "enrol/proof"
        case Enrol(methods=(only,)):
            return f"enrol/{only}"
        case Enrol():
            return "enrol"
        case Refuse(obstacles=found) if found:
            return REFUSED
    return PAGES.get(type(step))


def address(interaction_id: str, step: Step) -> str:
    """Return where a step is taken: its page, or the dispatcher where it has none or several."""
    page = path(step)
    several = isinstance(step, Authenticate) and not step.begins and len(step.methods) > 1
    return base(interaction_id) if page is None or several else f"{base(interaction_id)}/{page}"
