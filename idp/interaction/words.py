"""What the pages say beyond their templates: why a step is needed, what comes where."""

from idp.policy.types import Enrol, Rules
from idp.progress import Interaction

SCOPES = {
    "openid": "Know that it is you",
    "profile": "See your name and profile",
    "email": "See your e-mail address",
    "phone": "See your phone number",
    "offline_access": "Stay connected when you are not there",
}
"""What a scope lets an application do, in the order shown."""


def client_name(interaction: Interaction) -> str | None:
    """Return the waiting application's name, or None for a page of ours."""
    application = interaction.demand.application
    return application.name if application else None


def why_enrol(interaction: Interaction, step: Enrol, level: str | None) -> str:
    """Say why a second step is to be set up. `level` is what a rollout stage demands now."""
    name = client_name(interaction)
    if step.optional:
        return "A second step keeps your account safe even if someone learns your password."
    if level is not None:
        return "Your account now needs a second step when you sign in."
    if name is not None:
        return f"{name} asks for a second step when you sign in."
    return "This page asks for a second step when you sign in."


def why_again(interaction: Interaction, *, known: bool) -> str | None:
    """Say why someone who is signed in, or just did, is asked to sign in again."""
    if interaction.person is None or interaction.session is None:
        return None
    if not known:
        name = client_name(interaction) or "This page"
        return f"{name} expects another account. Sign in with that one."
    if interaction.session.person_id != interaction.person.id:
        return None
    name = client_name(interaction) or "This page"
    return f"{name} asks you to show again that it is you."


def step_note(interaction: Interaction, what: str) -> str | None:
    """Say where one is: the second step follows a first."""
    if any(proof.first for proof in interaction.proofs):
        return f"Step 2 of 2: {what}"
    return None


def level_text(rules: Rules, name: str) -> str:
    """Return a level in plain words."""
    level = rules.level(name)
    return level.text if level and level.text else "a second step"
