"""How often one may try: attempts counted before they are looked at, and told of.

Used by whatever evaluates a guess. A caller that is held back learns nothing about the guess,
because it is not evaluated.
"""

from dataclasses import dataclass

from idp import audit, crypto
from idp.audit import Event, Outcome
from idp.authenticators.base import Rejected
from idp.language import Text, _, n_
from idp.policy import throttle
from idp.policy.throttle import Growing, Window
from idp.settings import Throttle
from idp.store import throttles
from idp.store.db import Work


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

    def admit(
        self, work: Work, key: str, subject: Subject, *, guessable: bool = True
    ) -> Rejected | None:
        """Count an attempt, durably, before it is looked at; Rejected when it is held back.

        What nobody can guess (a signature) counts for its source alone: otherwise bogus answers
        would shut a person's passkey.
        """
        held = throttles.count(work, source(work), self._sources)
        if held is None and guessable:
            held = throttles.count(work, key, self._guesses)
        if held is None:
            work.commit()
            return None
        audit.record(
            work,
            Event.FACTOR_HELD,
            Outcome.REFUSED,
            person=subject.person,
            client=subject.client,
            interaction=subject.interaction,
            reason=f"{key.partition(':')[0]} held back for {held.wait or 'good'}",
        )
        return Rejected("held back", _wait_words(held.wait))

    def excuse(self, work: Work, key: str) -> None:
        """A success: forget the failures of this factor, and take it off the source's count."""
        # In the order of `admit`, or two answers at once could wait for each other for ever.
        throttles.give_back(work, source(work))
        throttles.forgive(work, key)

    def take_back(self, work: Work, key: str) -> None:
        """A success that forgives nothing: this attempt alone comes off the counts again."""
        # In the order of `admit`, as above.
        throttles.give_back(work, source(work))
        throttles.undo(work, key)

    def reject(self, work: Work, key: str, subject: Subject, what: str, wrong: Rejected) -> None:
        """Record a wrong answer; one that could not be looked at comes off all counts again."""
        if not wrong.guess:
            self.take_back(work, key)
        audit.record(
            work,
            Event.FACTOR_REJECTED,
            Outcome.REFUSED,
            person=subject.person,
            client=subject.client,
            interaction=subject.interaction,
            reason=f"{what}: {wrong.reason}",
        )


def source(work: Work) -> str:
    """Return the counter of where a request came from: see `policy.throttle.source`."""
    return throttle.source(work.origin)


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
