"""What may come next in a sign-in, and the marks that say that a step was taken.

Owns the steps, each with the OAuth error that it becomes where no page may be shown, and what
happened in a sign-in and is no proof. It never says which step comes next: that is `decide`.
"""

from dataclasses import dataclass
from enum import CONFORM, Flag, StrEnum


class EnrolmentProof(StrEnum):
    """What must come back before a first second factor is set up: a password is not enough."""

    EMAIL = "email"
    """A code sent to the address on the profile."""
    SMS = "sms"
    """A code sent to the mobile number on the profile."""
    NONE = "none"
    """Nothing: whoever knows the password may set one up."""


@dataclass(frozen=True)
class Identify:
    """No one is known yet: ask who it is, with a first factor."""

    error: str = "login_required"


@dataclass(frozen=True)
class Authenticate:
    """A proof by one of `methods`, best first, is missing."""

    methods: tuple[str, ...]
    error: str = "interaction_required"

    @property
    def begins(self) -> bool:
        """Return True if it is the proof that a sign-in begins with."""
        return self.error == "login_required"


@dataclass(frozen=True)
class Enrol:
    """A factor must (or, when `optional`, may) be set up by one of `methods`."""

    methods: tuple[str, ...]
    confirm: EnrolmentProof | None = None
    """What must come back before; None for nothing."""
    optional: bool = False
    left: int | None = None
    """How often it may be put off, where a stage demands it by now."""
    error: str = "interaction_required"


@dataclass(frozen=True)
class Change:
    """Another address or number is wished for: it is proved, then it stands on the profile."""

    confirm: EnrolmentProof | None = None
    """What must come back before, of what was confirmed; None for nothing."""
    error: str = "interaction_required"


@dataclass(frozen=True)
class Renew:
    """A new password is demanded."""

    error: str = "interaction_required"


@dataclass(frozen=True)
class Keep:
    """Recovery codes are shown, to be kept: new ones after one was used, or (`first`) a person's
    first, which may be put off when that is `optional`."""

    first: bool = False
    optional: bool = False
    error: str = "interaction_required"


@dataclass(frozen=True)
class Done:
    """A first second step was set up in this sign-in: its person is told what is asked from now on,
    and offered what helps when it is lost."""

    methods: tuple[str, ...]
    """What is set up."""
    others: tuple[str, ...] = ()
    """What could be set up beside it."""
    codes: bool = False
    """Recovery codes can be kept."""
    error: str = "interaction_required"


@dataclass(frozen=True)
class Announce:
    """A requirement is coming, or is there and may be put off: tell the person, offer to set up a
    factor now."""

    level: str
    at: int | None
    """When it is, or was, demanded; None for a mere recommendation."""
    obstacles: "tuple[Obstacle, ...]" = ()
    """What is missing before the person can set it up; () where it can be done at once."""
    left: int | None = None
    """How often setting it up may still be put off, where it is demanded by now."""
    error: str = "interaction_required"


@dataclass(frozen=True)
class Offer:
    """Everything holds; one of `methods` would be safer than the factor that was just used."""

    methods: tuple[str, ...]


@dataclass(frozen=True)
class Consent:
    """The person is asked to let the client have `scopes`."""

    scopes: frozenset[str]
    error: str = "consent_required"


DENIED = "consent_denied"
"""What is kept of a sign-in that was passed, and whose application was not let in."""


class Obstacle(StrEnum):
    """What keeps a person from signing in, whatever that person does: told on a page of ours first.

    Each is a reason with a remedy; `policy.obstacles` finds them.
    """

    DISABLED = "disabled"
    NOTHING_TO_BEGIN = "nothing-to-begin"
    """Nothing that could begin a sign-in is set up."""
    UNCONFIRMED_ADDRESS = "unconfirmed-address"
    """The code before a first second step has nowhere to go: the address was never confirmed."""
    UNCONFIRMED_NUMBER = "unconfirmed-number"
    NO_NUMBER = "no-number"
    NUMBER_GETS_NO_MESSAGES = "number-gets-no-messages"
    WAYS_OFF = "ways-off"
    """What the person has set up is switched off by the installation."""
    NO_WAY = "no-way"
    """Nothing that the installation offers this person would do."""
    NOT_YET = "not-yet"
    """The application takes no second step that is set up in the sign-in to it."""
    FACTOR_SHUT = "factor-shut"
    """Too many wrong answers: only an operator opens it again."""


@dataclass(frozen=True)
class Refuse:
    """It cannot be: `error` is what the application is told.

    With `obstacles` the person reads first why, and goes back to the application on a click.
    """

    error: str
    reason: str
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class Floors:
    """The levels that must hold whatever was asked, by what demands them; None: nothing does."""

    client: str | None = None
    """The client's registration."""
    installation: str | None = None
    """The setting `policy.floor`."""
    stage: str | None = None
    """A stage of the rollout that is in force for this person."""
    stage_id: str | None = None
    due: str | None = None
    """One whose set-up may be put off, and that this person could reach."""
    due_id: str | None = None
    enrolled: str | None = None
    """The setting `policy.ask_enrolled`, for anyone who has set up enough for it."""

    @property
    def levels(self) -> tuple[str, ...]:
        """Return the names of all that are demanded; one may stand there twice."""
        found = (self.client, self.installation, self.stage, self.due, self.enrolled)
        return tuple([name for name in found if name is not None])


NO_FLOORS = Floors()


@dataclass(frozen=True)
class Counted:
    """A proof that an acr rests on, in plain words for the record of evidence."""

    method: str
    at: int
    amr: tuple[str, ...]
    factors: tuple[str, ...]
    """In alphabetical order, like `traits`."""
    traits: tuple[str, ...]
    credential: str | None
    bootstrap: bool
    """Its factor was set up in the very sign-in that proved it."""


@dataclass(frozen=True)
class Finish:
    """All is proved. `acr`, `amr` and `auth_time` are what the tokens will say."""

    acr: str
    amr: tuple[str, ...]
    auth_time: int
    reason: str
    """Why this acr, in words for the auditor."""
    methods: tuple[str, ...] = ()
    """What it rests on: when one of these is removed, what was authorized ends.

    See docs/acr.md rule 14.
    """
    counted: tuple[Counted, ...] = ()
    """The proofs that it rests on, oldest first."""
    floors: Floors = NO_FLOORS
    """What had to hold whatever was asked."""
    reached: str = ""
    """The strongest level that held, where `acr` says less because less was asked for; else ""."""


Step = (
    Identify
    | Authenticate
    | Enrol
    | Change
    | Renew
    | Keep
    | Done
    | Announce
    | Offer
    | Consent
    | Refuse
    | Finish
)


class Mark(Flag, boundary=CONFORM):
    """What happened in a sign-in and is no proof; a set of marks is a Mark, too.

    The store keeps these numbers, so none is ever given to another mark. A number that is unknown
    here (a newer version's) is left out.
    """

    CONSENTED = 1
    """Consent was given in this very sign-in."""
    ANNOUNCED = 2
    """The coming requirement was shown; to the policy also when that was lately, elsewhere."""
    ENROLMENT_WANTED = 4
    """The person chose to set up a factor now."""
    ADDRESS_CONFIRMED = 8
    """What had to come back before a first second factor (`EnrolmentProof`) came back."""
    CONTACT_CONFIRMED = 16
    """The code sent to the address or number that is wished for came back; to the policy also when
    that stands on the profile, proved."""
    CODES_KEPT = 32
    """New recovery codes were shown, and kept."""
    ABLE = 64
    """The browser said that it can make what `Offer` would offer."""
    OFFER_TAKEN = 128
    """The person chose to add what was offered."""
    DONE_READ = 256
    """The person read that the second step is set up, and went on."""
    CODES_WANTED = 512
    """The person chose to keep recovery codes."""
    ANOTHER_WANTED = 1024
    """The person chose to set up another way beside the first."""


NO_MARKS = Mark(0)
OF_BROWSER = Mark.ABLE
"""What is true of the browser itself: all other marks end when the person changes."""
