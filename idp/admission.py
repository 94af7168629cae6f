"""The one way to make a guess: counted before it is looked at, told of, forgiven when right.

Whatever evaluates a guess goes through `Admission.guess`. A caller that is held back learns nothing
about the guess, because it is not evaluated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from idp import audit, crypto
from idp.audit import Event, Outcome
from idp.authenticators.base import Kind, Rejected
from idp.language import Text, _, n_
from idp.policy import throttle
from idp.policy.throttle import Growing, Window
from idp.settings import Throttle
from idp.store import throttles
from idp.store.db import Work

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Subject:
    """Whose attempt it is, for the record. `person` is None for a name that nobody has."""

    interaction: str
    person: str | None
    client: str | None


class Admission:
    """Counters per person and factor, and per source."""

    def __init__(self, limits: Throttle, keyring: crypto.Keyring) -> None:
        self._keyring = keyring
        self._guesses = Growing(limits.free, limits.first_wait, limits.longest_wait, limits.limit)
        self._sources = Window(limits.source_limit, limits.source_window)

    def key(self, method: str, person: str | None, name: str = "") -> str:
        """Return the counter of a method for a person, or for a name that nobody has."""
        return f"{method}:{person or self._keyring.keyed_digest('name', name)}"

    def guess(
        self,
        work: Work,
        key: str,
        subject: Subject,
        evaluate: Callable[[], _Found | Rejected],
        *,
        what: str = "",
        malformed: Rejected | None = None,
        guessable: bool = True,
        forgives: bool = True,
    ) -> _Found | Rejected:
        """Let one guess be made; return what `evaluate` does, or why it was not looked at.

        It is counted under `key`, durably, before `evaluate` runs, and not even counted when it is
        `malformed`. A wrong one is recorded (as a guess at `what`; left out: at what `key` counts).
        After a right one the failures before it are forgiven; without `forgives` this one alone is
        taken back: for a guesser who chooses when to succeed. What nobody can guess (a signature,
        not `guessable`) counts for its source alone: otherwise bogus answers would shut a person's
        passkey.
        """
        if malformed is not None:
            return malformed
        held = self._held(work, key, subject, guessable)
        if held is not None:
            return held
        verdict = evaluate()
        if isinstance(verdict, Rejected):
            if verdict.kind is Kind.UNCHECKED:
                self._take_back(work, key)
            about = what or _counted(key)
            self._note(work, Event.FACTOR_REJECTED, subject, f"{about}: {verdict.reason}")
        elif forgives:
            self._excuse(work, key)
        else:
            self._take_back(work, key)
        return verdict

    def _held(self, work: Work, key: str, subject: Subject, guessable: bool) -> Rejected | None:
        held = throttles.count(work, source(work), self._sources)
        if held is None and guessable:
            held = throttles.count(work, key, self._guesses)
        if held is None:
            work.commit()
            return None
        reason = f"{_counted(key)} held back for {held.wait or 'good'}"
        self._note(work, Event.FACTOR_HELD, subject, reason)
        return Rejected("held back", _wait_words(held.wait), Kind.HELD)

    def _excuse(self, work: Work, key: str) -> None:
        """A success: forget the failures of this factor, and take it off the source's count."""
        # In the order of counting, or two answers at once could wait for each other for ever.
        throttles.give_back(work, source(work))
        throttles.forgive(work, key)

    def _take_back(self, work: Work, key: str) -> None:
        """Let this attempt alone come off the counts again, with the wait that it began."""
        # In the order of counting, as above.
        throttles.give_back(work, source(work))
        throttles.undo(work, key)

    def _note(self, work: Work, event: Event, subject: Subject, reason: str) -> None:
        audit.record(
            work,
            event,
            Outcome.REFUSED,
            person=subject.person,
            client=subject.client,
            interaction=subject.interaction,
            reason=reason,
        )


def source(work: Work) -> str:
    """Return the counter of where a request came from: see `policy.throttle.source`."""
    return throttle.source(work.caller.address)


def _counted(key: str) -> str:
    return key.partition(":")[0]


def _wait_words(wait: int | None) -> Text:
    if wait is None:
        return _(
            "This way of signing in is locked after too many tries. Ask for help to unlock it."
        )
    if wait < 90:
        return n_(
            "Too many tries. Wait %(num)s second, then try again.",
            "Too many tries. Wait %(num)s seconds, then try again.",
            wait,
        )
    return n_(
        "Too many tries. Wait %(num)s minute, then try again.",
        "Too many tries. Wait %(num)s minutes, then try again.",
        -(-wait // 60),
    )
