"""The nouns of the policy: frozen values that say what was asked, what is known, and the rules.

It never says what comes next: the steps are in `steps`.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from idp.policy.steps import NO_MARKS, EnrolmentProof, Mark


class Factor(StrEnum):
    """A kind of evidence (NIST SP 800-63-4): two different kinds make multi-factor."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"
    INHERENCE = "inherence"
    """Also what stands for a device's check of its user, which may have been a PIN."""


class Trait(StrEnum):
    """What a level may demand or refuse of a proof, beyond its kind of factor."""

    TELEPHONE = "telephone"
    PHISHING_RESISTANT = "phishing-resistant"
    HARDWARE = "hardware"
    RECOVERY = "recovery"
    """It stands in for a factor that was lost, until another is set up: it is none itself."""


@dataclass(frozen=True)
class Ability:
    """What one method of authentication would prove, before anyone has used it."""

    method: str
    amr: tuple[str, ...]
    factors: frozenset[Factor]
    traits: frozenset[Trait] = frozenset()
    first: bool = False
    """It may begin a sign-in (a password); others follow one that may."""

    @property
    def remembered(self) -> bool:
        """Return True if it proves nothing but knowledge: someone else may know it, too."""
        return self.factors == {Factor.KNOWLEDGE}


@dataclass(frozen=True)
class Proof:
    """One success of one authenticator. `at` is in seconds since 1970 UTC."""

    method: str
    amr: tuple[str, ...]
    factors: frozenset[Factor]
    at: int
    interaction: str = ""
    traits: frozenset[Trait] = frozenset()
    credential: str | None = None
    bootstrap: bool = False
    """The factor was enrolled in the very sign-in that proved it (docs/acr.md rule 10)."""
    first: bool = False


@dataclass(frozen=True)
class Level:
    """A named predicate over proofs; its name is an acr value (OIDC Core 2)."""

    name: str
    kinds: int = 1
    """How many different kinds of factor must be proved, 1 or 2."""
    requires: frozenset[Trait] = frozenset()
    """At least one counted proof has all of these."""
    refuses: frozenset[Trait] = frozenset()
    """No counted proof has any of these; proofs that have one are left out of the count."""
    lifetime: int | None = None
    """Seconds for which a proof counts towards this level; None: as long as the session."""
    text: str = ""
    """The level in plain words, for the pages."""


@dataclass(frozen=True)
class Requirement:
    """What the rollout stages ask of one person (see `policy.rollout`). Times as in a Proof."""

    level: str | None = None
    """Demanded now: a floor."""
    since: int | None = None
    """When `level` began to be demanded."""
    stage: str | None = None
    """Which stage demands it."""
    due: str | None = None
    """Demanded now, and stricter; but setting it up may be put off."""
    due_since: int | None = None
    due_stage: str | None = None
    grace: int = 0
    """How often it may be put off before a stage that lets it wait does so no longer."""
    coming: str | None = None
    """Demanded or recommended later: announced, not enforced."""
    coming_at: int | None = None
    """When `coming` is enforced; None for a mere recommendation."""
    coming_stage: str | None = None
    quiet: bool = False
    """Nothing is asked, and nothing is to be offered either."""
    proof: EnrolmentProof = EnrolmentProof.EMAIL
    """What must come back before this person sets up a first second factor, whoever asks for it."""


@dataclass(frozen=True)
class Ask:
    """What the application asks, and what its registration demands."""

    interaction: str = ""
    acr_values: tuple[str, ...] = ()
    """Voluntary, in order of preference (OIDC Core 3.1.2.1)."""
    essential: tuple[str, ...] | None = None
    """Values of an essential acr claim (OIDC Core 5.5.1.1); None: not asked."""
    max_age: int | None = None
    prompt: frozenset[str] = frozenset()
    floor: str | None = None
    """The client's minimum level."""
    scopes: frozenset[str] = frozenset()
    """What is to be consented to: scopes, and single claims as `claim:email`."""
    consent_needed: bool = False
    """False for first-party clients."""
    unassured: bool = False
    """Any program on the device may receive the answer in the client's place: always asked."""
    subject: str | None = None
    """The person an id_token_hint names: no one else may answer."""
    accepts_bootstrap: bool = True
    enrol: str | None = None
    """A method that the person wants to add, on a page of ours."""
    waited: bool = False
    """It is added with a weaker proof than others: only while `Know.wait_over`."""
    change: bool = False
    """Another address or number is to be proved and put on the profile, on a page of ours."""
    deeds: bool = False
    """Single acts are to be agreed to: always asked, whatever was agreed to before."""
    offers: bool = True
    """A safer way to sign in may be offered on the way: no page adds something anyway."""


class Codes(StrEnum):
    """Whether recovery codes are kept with a first second step."""

    OFF = "off"
    OFFERED = "offered"
    REQUIRED = "required"


class Number(StrEnum):
    """What is known of a person's mobile number."""

    NONE = "none"
    UNREACHED = "unreached"
    """No text message is sent to such a number: a landline, or a country that is not served."""
    REACHED = "reached"


@dataclass(frozen=True)
class Person:
    """What the policy needs of a person."""

    id: str
    disabled: bool = False
    enrolled: frozenset[str] = frozenset()
    """Methods with an active credential."""
    enrollable: frozenset[str] = frozenset()
    """Methods this person could set up now."""
    withdrawn: frozenset[str] = frozenset()
    """Enrolled methods that are now switched off: what they made demanded stays so."""
    renewable: frozenset[str] = frozenset()
    """Enrolled methods that could be set up again, in the place of what is enrolled."""
    confirmable: bool = True
    """A code can be sent that proves the person: to what was confirmed before, or, where the
    installation trusts its import, to what stands on the profile."""
    number: Number = Number.REACHED
    shut: frozenset[str] = frozenset()
    """Enrolled methods that take no answer until an operator opens them again. Only a forecast asks
    for it: in a sign-in the answer itself says so."""
    password_due: bool = False
    """The password may be known to someone else: a new one is demanded."""
    enrolment_due: bool = False
    """What `Rules.ask_enrolled` rested on was taken away by an operator; it is demanded still."""
    requirement: Requirement = Requirement()


@dataclass(frozen=True)
class Know:
    """What is known in this sign-in so far."""

    person: Person | None = None
    proofs: tuple[Proof, ...] = ()
    refused: str | None = None
    """The OAuth error of a person who said no (cancelled, denied consent)."""
    granted: frozenset[str] = frozenset()
    """Scopes the person consented to for this client before."""
    marks: Mark = NO_MARKS
    wait_over: bool = False
    """What `Ask.waited` rests on may be done now: its wait is over, and it was neither stopped nor
    done, nor left too long (`policy.waiting`)."""
    offered: bool = False
    """A way that resists phishing was offered, here or lately, or no one is to be offered one."""
    contact_known: bool = False
    """What is wished for stands on the profile already: it is to be proved, and nothing moves."""


@dataclass(frozen=True)
class Rules:
    """The installation's own policy, from its settings."""

    levels: tuple[Level, ...]
    """Weakest first: the order of `acr_values_supported`."""
    abilities: tuple[Ability, ...]
    """In the order in which they are offered."""
    aliases: dict[str, str] = field(default_factory=dict)
    floor: str | None = None
    ask_enrolled: str | None = None
    """The level asked of everyone who has enrolled enough for it; None: only when asked for."""
    proof: EnrolmentProof = EnrolmentProof.EMAIL
    """What must come back before a first second factor of people of whom no stage says it."""
    codes: Codes = Codes.OFF
    """Whether recovery codes are kept with a first second step."""
    off: frozenset[str] = frozenset()
    """Methods that the installation has switched off: no one sets them up."""

    def level(self, name: str) -> Level | None:
        """Return the level that an acr value names, directly or by alias."""
        target = self.aliases.get(name, name)
        return next((level for level in self.levels if level.name == target), None)
