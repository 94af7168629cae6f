"""The interface of every method, and the values that pass through it."""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from idp import clock
from idp.authenticators.identifiers import login_name
from idp.language import Words, _
from idp.policy.types import Ability, Proof
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.signin import interactions

ENDED = _("This sign-in was ended in the meantime. Start again.")


_BETWEEN = "-\u2010\u2011\u2012\u2013\u2014\u2212\u00b7."


@dataclass(frozen=True)
class Verified:
    """The answer was right; `credential` is what proved it.

    `shown` is what this very answer proved, where that may be less than the method can.
    """

    credential: str
    shown: Ability | None = None


class Kind(Enum):
    """What kind of refusal a `Rejected` is, for code; its sentences are for people."""

    MALFORMED = "malformed"
    """It could not be right, whatever is true: no guess, and never counted."""
    HELD = "held"
    """Too many before: it was not looked at."""
    WRONG = "wrong"
    """It was looked at, and counts as a guess."""
    UNCHECKED = "unchecked"
    """No one could tell whether it was right: what was counted is taken back."""


@dataclass(frozen=True)
class Rejected:
    """The answer was wrong, or could not be tried.

    `reason` is for the auditor, `message` for the person: what to do next.
    """

    reason: str
    message: Words
    kind: Kind = Kind.WRONG
    over: bool = False
    """Nothing more comes of this way for a while: the page says what else there is."""


@dataclass(frozen=True)
class Attempt:
    """One person at one method in one interaction."""

    work: Work
    interaction: str
    person: PersonRow
    pending: bytes | None = None
    """What this method kept for an enrolment under way."""
    first: bool = False
    """The answer is to begin the sign-in: nothing else has been proved."""
    way: str = ""
    """How the person wants a challenge to be sent, where a method knows several ways."""
    before: str | None = None
    """Whose sign-in it was when the answer came: an id, "" for no one's; None: this person's."""
    again: Callable[[], bool] | None = None
    """Says, of the sign-in as it is once the person is locked, whether it is still the turn."""

    def lock(self) -> Rejected | None:
        """Lock the person before the first write of an answer that was found right.

        Rejected when the sign-in was ended, or taken from this person, while it was looked at: a
        new password, "this was not me" and their like hold against all that was begun before.
        """
        people.lock_person(self.work, self.person.id)
        person_id = self.person.id
        before = person_id if self.before is None else self.before
        goes_on = interactions.still_open(self.work, self.interaction, person_id, before)
        if goes_on and (self.again is None or self.again()):
            return None
        return Rejected("the sign-in was ended meanwhile", ENDED, Kind.UNCHECKED)


@dataclass(frozen=True)
class Pending:
    """What an enrolment must keep until it is finished; sealed by the method."""

    data: bytes


class Authenticator(ABC):
    """One method. Subclasses override what they have; the defaults mean "not mine"."""

    ability: Ability
    title: ClassVar[Words] = ""
    """Names the method on a choice of ways to set up."""
    noun: ClassVar[Words] = ""
    """Names it within a sentence: "an authenticator app"."""
    text: ClassVar[Words] = ""
    alternative: ClassVar[Words] = ""
    """The quiet link on another method's page."""
    page_title: ClassVar[Words] = _("Sign in")
    step_note: ClassVar[Words] = _("Step 2 of 2: your code")
    """Says where one is, when the method follows a first."""
    enrolment_title: ClassVar[Words] = _("Set up a second step")
    cannot: ClassVar[Words] = _("I can't use this way")
    """The quiet button for anyone who has lost it, or never had it."""
    next_time: ClassVar[Words] = ""
    """What a sign-in asks for once it is set up, within a sentence."""
    guessable: ClassVar[bool] = True
    """Failures shut it for a while, and in the end for good (SP 800-63B-4 3.2.2)."""
    one_page: ClassVar[bool] = False
    """One template is its page in a sign-in and its page of set-up; else that is `enrol_…`."""
    sends: ClassVar[tuple[str, str] | None] = None
    """The channel and the purpose of the codes that it sends, where it sends any."""
    several: ClassVar[bool] = False
    """A person may have more than one."""
    on_number: ClassVar[bool] = False
    """It rests on the number on the profile, and ends with it."""
    unnamed: ClassVar[Words] = _("Type your user name or e-mail address.")
    """Said when a first answer does not say whose it is."""
    wrong: ClassVar[Words] = _("That didn't match. Try again.")
    """Said of every wrong answer alike, so that it tells nothing of who exists."""

    @property
    def method(self) -> str:
        return self.ability.method

    @property
    def in_service(self) -> bool:
        """Return True if the installation lets anyone use the method at present."""
        return True

    def enrollable(self, person: PersonRow) -> bool:
        """Return True if this person could set the method up now."""
        return False

    def renewable(self, person: PersonRow) -> bool:
        """Return True if what is enrolled could be set up again, replacing it."""
        return False

    def rebind(self, work: Work, person: PersonRow, channel: str) -> Verified | None:
        """Set up again what was set up for an earlier number: another was proved over `channel`.

        None where nothing was set up, or for this very number.
        """
        return None

    def sign_in_page(
        self, interaction: str, person: PersonRow | None, work: Work
    ) -> dict[str, Any]:
        """Return what the method adds to the first page; `person` if it is known who signs in."""
        return {}

    def identify(self, work: Work, form: Mapping[str, str]) -> tuple[str, PersonRow | None]:
        """Return the name that a first answer gives, and whose it is; "" when it gives none."""
        name = login_name(form.get("username", ""))
        return name, people.by_name(work, name) if name else None

    def page(self, attempt: Attempt) -> dict[str, Any]:
        """Return what the method's page shows beyond the common things."""
        return {}

    def send(self, attempt: Attempt) -> str | Rejected | None:
        """Send a challenge: the outbox id, or Rejected; None where nothing is ever sent."""
        return None

    def malformed(self, form: Mapping[str, str]) -> Rejected | None:
        """Say what is wrong with an answer that cannot be right, so that it is not a guess."""
        return None

    def waste(self, work: Work, form: Mapping[str, str]) -> None:  # noqa: B027 - most have no such work
        """Do the work of `verify` for someone who does not exist, so that time tells nothing."""

    def introduce(
        self, work: Work, name: str, form: Mapping[str, str]
    ) -> tuple[PersonRow, Verified] | Rejected:
        """Return who it is that gives a name no one has here, if the answer proves it all the same.

        Most methods know no one else: they do the work of an answer, and reject it.
        """
        self.waste(work, form)
        return Rejected("nobody of that name", self.wrong)

    @abstractmethod
    def verify(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        """Check an answer. Each right answer is accepted once."""

    def proof(self, interaction: str, done: Verified, *, bootstrap: bool = False) -> Proof:
        """Return the Proof of a success just now; `bootstrap`: its factor was enrolled with it."""
        ability = done.shown or self.ability
        return Proof(
            method=ability.method,
            amr=ability.amr,
            factors=ability.factors,
            at=clock.now(),
            interaction=interaction,
            traits=ability.traits,
            credential=done.credential,
            bootstrap=bootstrap,
            first=ability.first,
        )

    def begin_enrolment(self, attempt: Attempt) -> Pending | None:
        """Return what must be kept; None when nothing must."""
        return None

    def enrolment_page(self, attempt: Attempt) -> dict[str, Any]:
        """Return what the enrolment page shows."""
        return self.page(attempt)

    def finish_enrolment(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        """Check the proof of possession and store the credential."""
        message = _("This cannot be set up during a sign-in.")
        return Rejected("cannot be set up here", message)


def clean_code(text: str, digits: int = 6) -> str | None:
    """Return a typed code in ASCII digits; None when it is not `digits` digits.

    Digits of any script are read (a keyboard's, not the person's, choice), and what comes along
    when a code is copied is left out: spaces, dashes, points and characters without a width.
    """
    kept = [c for c in text if not (c.isspace() or c in _BETWEEN or _has_no_width(c))]
    found = [unicodedata.decimal(c, None) for c in kept]
    if len(found) != digits or None in found:
        return None
    return "".join(map(str, found))


def _has_no_width(char: str) -> bool:
    return unicodedata.category(char) == "Cf"
