"""What the pages say beyond their templates: why a step is needed, what comes where."""

from idp import clock, language, moments, web
from idp.installation import Installation
from idp.language import Text, Words, _, n_
from idp.policy.rollout import Stage
from idp.policy.steps import Enrol, Mark
from idp.policy.types import Requirement, Rules, Trait
from idp.signin.facts import PRIVILEGED
from idp.signin.interaction import Interaction
from idp.store.people import PersonRow

LEVELS = (
    _("one step, such as a password"),
    _("a second step"),
    _("a second step without text messages"),
    _("a passkey"),
    _("a security key"),
)
"""The texts of the levels in config/defaults.toml, which catalogs are to have."""


def how_long(interaction: Interaction) -> Text:
    """Say how long an application has what it is being allowed."""
    name = client_name(interaction) or _("This page")
    days = interaction.demand.keeps // 86400
    if interaction.demand.ask.unassured:
        return _each_time(name, days)
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


def _each_time(name: str | Text, days: int) -> Text:
    """Say the same where no answer is remembered."""
    if not days:
        return _("%(client)s can do so until you sign out. You are asked each time.", client=name)
    return n_(
        "%(client)s can do so for %(num)s day at most, even after you sign out. You are asked each"
        " time.",
        "%(client)s can do so for %(num)s days at most, even after you sign out. You are asked each"
        " time.",
        days,
        client=name,
    )


def caution(interaction: Interaction) -> Text | None:
    """Say of a client that cannot be told from other programs that it cannot (RFC 8252 8.6)."""
    if not interaction.demand.ask.unassured:
        return None
    return _(
        "%(client)s is a program on your device, and other programs can use its name. Allow this"
        " only if you have just begun to sign in there.",
        client=client_name(interaction),
    )


def no_registration(interaction: Interaction, brand: str) -> Text | None:
    """Answer an application that wants an account to be made (prompt=create)."""
    if "create" not in interaction.demand.ask.prompt:
        return None
    return _(
        "Accounts cannot be made on this page: %(brand)s gives them out. Sign in with yours.",
        brand=brand,
    )


def client_name(interaction: Interaction) -> str | None:
    """Return the waiting application's name, or None for a page of ours."""
    application = interaction.demand.application
    return application.name if application else None


def of_application(interaction: Interaction) -> str | None:
    """Return what the application has to say where one signs in, in the language of the page."""
    application = interaction.demand.application
    said = application.words if application else {}
    return (
        said.get(language.spoken()) or said.get(language.ENGLISH) or next(iter(said.values()), None)
    )


def why_enrol(installation: Installation, interaction: Interaction, step: Enrol) -> Text | None:
    """Say why a second step is to be set up; None where the person chose that on a page of ours."""
    if (
        interaction.person is None
        or interaction.demand.ask.enrol is not None
        or _offered(interaction)
    ):
        return None
    if _another(interaction):
        return _("With another way beside it, you can still sign in when you lose the first.")
    facts = installation.signin.facts.of(web.work(), interaction.person)
    if facts.enrolment_due:
        return _("Your old second step was removed. Set up a new one to continue.")
    if any(Trait.RECOVERY in proof.traits for proof in interaction.proofs):
        return _("You used a recovery code. Set up a new second step in the place of the lost one.")
    if step.optional:
        return _("A second step keeps your account safe even if someone learns your password.")
    return who_asks(installation, interaction, facts.requirement)


def who_asks(
    installation: Installation, interaction: Interaction, requirement: Requirement
) -> Text:
    """Say who wants a second step: the rollout's stage, the application, or a page of ours."""
    if requirement.level is not None:
        return demanded(installation, requirement.level, requirement.since)
    name = client_name(interaction)
    if name is not None:
        return _("%(client)s asks for a second step when you sign in.", client=name)
    return _("This page asks for a second step when you sign in.")


def enrol_title(interaction: Interaction) -> Text:
    """Return what the choice of ways is headed."""
    if _another(interaction):
        return _("Set up another way to sign in")
    return _("Set up a second step")


def _another(interaction: Interaction) -> bool:
    return Mark.ANOTHER_WANTED in interaction.marks


def _offered(interaction: Interaction) -> bool:
    return Mark.OFFER_TAKEN in interaction.marks


def demanded(installation: Installation, name: str, at: int | None) -> Text:
    """Say what a stage demands, and from when; None is for a mere recommendation."""
    brand = installation.settings.brand.name
    level = level_text(installation.signin.rules, name)
    if at is None:
        return _("We recommend signing in with %(level)s.", level=level)
    day, now = moments.day(at), clock.now()
    if at > now:
        return _(
            "From %(date)s, %(brand)s needs %(level)s when you sign in.",
            date=moments.weekday(at),
            brand=brand,
            level=level,
        )
    if day == moments.day(now):
        return _(
            "From today, %(brand)s needs %(level)s when you sign in.", brand=brand, level=level
        )
    return _("%(brand)s needs %(level)s when you sign in.", brand=brand, level=level)


def why_stage(stage: Stage | None, person: PersonRow) -> Words | None:
    """Return the stage's own sentence of reason, or ours for people who administer others."""
    said = stage.why if stage else {}
    own = said.get(language.spoken()) or said.get(language.ENGLISH) or next(iter(said.values()), "")
    if own or not PRIVILEGED & person.roles:
        return own or None
    return _("You can change what other people see and do, so your account needs it most.")


def changes_account(interaction: Interaction) -> bool:
    """Return True if it is for a change of how the person signs in or is reached."""
    demand = interaction.demand
    return bool(demand.given_up_to) and demand.return_to.startswith("/account/")


def why_again(interaction: Interaction, *, known: bool) -> Text | None:
    """Say why someone who is signed in, or just did, is asked to sign in again."""
    if interaction.person is None or interaction.session is None:
        return None
    if not known:
        name = client_name(interaction) or _("This page")
        return _("%(client)s expects another account. Sign in with that one.", client=name)
    if interaction.session.person_id != interaction.person.id:
        return None
    if changes_account(interaction):
        return _("Before you change how you sign in or are reached, we check again that it is you.")
    name = client_name(interaction) or _("This page")
    return _("%(client)s asks you to show again that it is you.", client=name)


def step_note(interaction: Interaction, note: Words) -> Words | None:
    """Say where one is: the second step follows a first."""
    return note if any(proof.first for proof in interaction.proofs) else None


def level_text(rules: Rules, name: str) -> Text:
    """Return a level in plain words."""
    level = rules.level(name)
    return _(level.text) if level and level.text else _("a second step")
