"""What the pages say beyond their templates: why a step is needed, what comes where."""

from idp.policy.types import Enrol, Rules
from idp.progress import Interaction

SCOPES = {
    "openid": "Know that it is you",
    "profile": "See your name and profile",
    "email": "See your e-mail address",
    "address": "See your postal address",
    "phone": "See your phone number",
    "offline_access": "Stay connected when you are not there",
}
"""What a scope lets an application do, in the order shown."""
CLAIMS = {
    "name": "name",
    "given_name": "given name",
    "middle_name": "middle name",
    "family_name": "family name",
    "nickname": "nickname",
    "preferred_username": "user name",
    "profile": "profile page",
    "picture": "picture",
    "website": "web page",
    "gender": "gender",
    "birthdate": "date of birth",
    "zoneinfo": "time zone",
    "locale": "language",
    "updated_at": "last change of your profile",
    "email": "e-mail address",
    "email_verified": "e-mail address being confirmed or not",
    "address": "postal address",
    "phone_number": "phone number",
    "phone_number_verified": "phone number being confirmed or not",
}
"""What a single claim is called, after "See your"."""


def consents(asked: frozenset[str]) -> list[str]:
    """Return what is to be consented to, in sentences: scopes first, then single claims."""
    sentences = [text for scope, text in SCOPES.items() if scope in asked]
    names = {name.partition(":")[2] for name in asked if name.startswith("claim:")}
    sentences += [f"See your {text}" for name, text in CLAIMS.items() if name in names]
    return sentences + [f"See your {name}" for name in sorted(names - CLAIMS.keys())]


def how_long(interaction: Interaction) -> str:
    """Say how long an application has what it is being allowed."""
    name = client_name(interaction) or "It"
    days = interaction.demand.keeps // 86400
    if not interaction.demand.keeps:
        return f"{name} can do so until you sign out. Your answer is remembered."
    span = f"{days} days" if days > 1 else "a day"
    return (
        f"{name} can do so for {span} at most, even after you sign out. Your answer is remembered."
    )


def no_registration(interaction: Interaction, brand: str) -> str | None:
    """Answer an application that wants an account to be made (prompt=create)."""
    if "create" not in interaction.demand.prompt:
        return None
    return f"Accounts cannot be made on this page: {brand} gives them out. Sign in with yours."


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
