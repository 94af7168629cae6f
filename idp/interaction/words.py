"""What the pages say beyond their templates: why a step is needed, what comes where."""

from idp.language import Text, _, n_
from idp.policy.types import Enrol, Rules
from idp.progress import Interaction

SCOPES = {
    "openid": _("Know that it is you"),
    "profile": _("See your name and profile"),
    "email": _("See your e-mail address"),
    "address": _("See your postal address"),
    "phone": _("See your phone number"),
    "offline_access": _("Stay connected when you are not there"),
}
"""What a scope lets an application do, in the order shown."""
CLAIMS = {
    "name": _("See your name"),
    "given_name": _("See your given name"),
    "middle_name": _("See your middle name"),
    "family_name": _("See your family name"),
    "nickname": _("See your nickname"),
    "preferred_username": _("See your user name"),
    "profile": _("See your profile page"),
    "picture": _("See your picture"),
    "website": _("See your web page"),
    "gender": _("See your gender"),
    "birthdate": _("See your date of birth"),
    "zoneinfo": _("See your time zone"),
    "locale": _("See your language"),
    "updated_at": _("See when your profile was last changed"),
    "email": _("See your e-mail address"),
    "email_verified": _("See whether your e-mail address is confirmed"),
    "address": _("See your postal address"),
    "phone_number": _("See your phone number"),
    "phone_number_verified": _("See whether your phone number is confirmed"),
}
"""What having a single claim means, in the order shown."""
LEVELS = (
    _("one step, such as a password"),
    _("a second step"),
    _("a second step without text messages"),
    _("a passkey"),
    _("a security key"),
)
"""The texts of the levels in config/defaults.toml, which catalogs are to have."""


def consents(asked: frozenset[str]) -> list[Text]:
    """Return what is to be consented to, in sentences: scopes first, then single claims."""
    sentences = [text for scope, text in SCOPES.items() if scope in asked]
    names = {name.partition(":")[2] for name in asked if name.startswith("claim:")}
    sentences += [text for name, text in CLAIMS.items() if name in names]
    return sentences + [_("See your %(what)s", what=name) for name in sorted(names - CLAIMS.keys())]


def how_long(interaction: Interaction) -> Text:
    """Say how long an application has what it is being allowed."""
    name = client_name(interaction) or _("This page")
    days = interaction.demand.keeps // 86400
    if not interaction.demand.keeps:
        return _("%(client)s can do so until you sign out. Your answer is remembered.", client=name)
    return n_(
        "%(client)s can do so for %(num)s day at most, even after you sign out. Your answer is"
        " remembered.",
        "%(client)s can do so for %(num)s days at most, even after you sign out. Your answer is"
        " remembered.",
        max(days, 1),
        client=name,
    )


def no_registration(interaction: Interaction, brand: str) -> Text | None:
    """Answer an application that wants an account to be made (prompt=create)."""
    if "create" not in interaction.demand.prompt:
        return None
    return _(
        "Accounts cannot be made on this page: %(brand)s gives them out. Sign in with yours.",
        brand=brand,
    )


def client_name(interaction: Interaction) -> str | None:
    """Return the waiting application's name, or None for a page of ours."""
    application = interaction.demand.application
    return application.name if application else None


def why_enrol(interaction: Interaction, step: Enrol, level: str | None, *, due: bool) -> Text:
    """Say why a second step is to be set up.

    `level` is what a rollout stage demands now; `due`: an operator took the last one away.
    """
    name = client_name(interaction)
    if due:
        return _("Your old second step was removed. Set up a new one to go on.")
    if step.optional:
        return _("A second step keeps your account safe even if someone learns your password.")
    if level is not None:
        return _("Your account now needs a second step when you sign in.")
    if name is not None:
        return _("%(client)s asks for a second step when you sign in.", client=name)
    return _("This page asks for a second step when you sign in.")


def why_again(interaction: Interaction, *, known: bool) -> Text | None:
    """Say why someone who is signed in, or just did, is asked to sign in again."""
    if interaction.person is None or interaction.session is None:
        return None
    if not known:
        name = client_name(interaction) or _("This page")
        return _("%(client)s expects another account. Sign in with that one.", client=name)
    if interaction.session.person_id != interaction.person.id:
        return None
    name = client_name(interaction) or _("This page")
    return _("%(client)s asks you to show again that it is you.", client=name)


def step_note(interaction: Interaction) -> Text | None:
    """Say where one is: the second step follows a first."""
    if any(proof.first for proof in interaction.proofs):
        return _("Step 2 of 2: your code")
    return None


def level_text(rules: Rules, name: str) -> Text:
    """Return a level in plain words."""
    level = rules.level(name)
    return _(level.text) if level and level.text else _("a second step")
