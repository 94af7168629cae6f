"""The one way to make a guess: counted before it is looked at, told of, forgiven when right.

Whatever evaluates a guess goes through `Admission.guess`. A caller that is held back learns nothing
about the guess, because it is not evaluated. In a browser that the person has signed in with, the
guesses are counted apart from everyone else's, so that strangers never hold its owner back
(OWASP's "device cookies"); what all together may make of them stays the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from idp import audit, clock, crypto, moments
from idp.audit import Event, Outcome
from idp.authenticators.base import Kind, Rejected
from idp.language import Text, _, n_
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Growing, Shares, Window
from idp.settings.values import Throttle
from idp.store import throttles
from idp.store.db import Work
from idp.store.signin import devices

_Found = TypeVar("_Found")


PATIENCE = 90
"""Seconds up to which a wait is said in seconds, not as a time of the day."""


@dataclass(frozen=True)
class Subject:
    """Whose attempt it is, for the record. `person` is None for a name that no one has."""

    interaction: str
    person: str | None
    client: str | None


DAY = 86400


@dataclass(frozen=True)
class _Counted:
    """The counters that an attempt is counted in: for everyone, and for the browser alone."""

    key: str
    own: str | None = None
    """Of a browser that the person has signed in with, see `store.signin.devices.allowance`."""
    apart: bool = False
    """It is counted in `own` alone."""


class Admission:
    """Counters per person and factor, per known browser, and per source."""

    def __init__(self, limits: Throttle, keyring: crypto.Keyring) -> None:
        self._keyring = keyring
        self._shares = shares = Shares(limits.limit)
        waits = (limits.first_wait, limits.longest_wait)
        self.guesses = Growing(limits.free, *waits, shares.strangers)
        """Of one factor of a person: everyone's but those of known browsers."""
        self.known = Growing(limits.free, *waits, shares.each)
        """Of one factor of a person in one known browser."""
        self._sources = Window(limits.source_limit, limits.source_window)

    def key(self, method: str, person: str | None, name: str = "") -> str:
        """Return the counter of a method for a person, or for a name that no one has."""
        return throttle_keys.guesses(method, person or self._keyring.keyed_digest("name", name))

    def forget(self, work: Work, method: str, person: str) -> None:
        """Forget all failures of a person's method: it is another one from now on."""
        for key, _limit in self.keys(work, method, person):
            throttles.forgive(work, key)

    def keys(self, work: Work, method: str, person: str) -> list[tuple[str, Growing]]:
        """Return all counters of a person's method that may hold an attempt back."""
        key = self.key(method, person)
        found = devices.allowances(work, person, self._shares.browsers)
        own = (throttle_keys.guesses_of_browser(key, one) for one in found)
        return [(key, self.guesses), *((each, self.known) for each in own)]

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
        After a right one the failures before it are forgiven. Without `forgives` this one alone is
        taken back, and no browser has guesses of its own: for the person signed in, who guesses at
        what is another's and chooses when to succeed. What no one can guess (a signature, not
        `guessable`) counts for its source alone: otherwise bogus answers would shut a person's
        passkey.
        """
        if malformed is not None:
            return malformed
        # Who guesses at an address of someone else's has known browsers at will.
        counted = self._count(work, key, subject, guessable, knows=guessable and forgives)
        if isinstance(counted, Rejected):
            return counted
        verdict = evaluate()
        if isinstance(verdict, Rejected):
            if verdict.kind is Kind.UNCHECKED:
                self._take_back(work, counted)
            about = what or throttle_keys.guessed_at(key)
            self._note(work, Event.FACTOR_REJECTED, subject, f"{about}: {verdict.reason}")
        elif forgives:
            self._excuse(work, counted)
        else:
            self._take_back(work, counted)
        return verdict

    def _count(
        self, work: Work, key: str, subject: Subject, guessable: bool, *, knows: bool
    ) -> _Counted | Rejected:
        """Count an attempt, durably; Rejected when it is held back.

        `knows`: a browser that the person has signed in with has guesses of its own.
        """
        own = self._known(work, key, subject) if knows else None
        held = None
        if own is not None:
            held = throttles.count(work, own, self.known)
            if held is None:
                work.commit()
                return _Counted(key, own, apart=True)
        # A browser that has used up what it has of its own is as good as any other.
        if held is None or held.wait is None:
            held = throttles.count(work, source(work), self._sources)
            if held is None and guessable:
                held = throttles.count(work, key, self.guesses)
        if held is None:
            work.commit()
            return _Counted(key, own)
        reason = f"{throttle_keys.guessed_at(key)} held back for {held.wait or 'good'}"
        self._note(work, Event.FACTOR_HELD, subject, reason)
        return Rejected("held back", _wait_words(held.wait), Kind.HELD, over=_long(held.wait))

    def _known(self, work: Work, key: str, subject: Subject) -> str | None:
        """Return the counter of the caller's browser, if the person has signed in with it."""
        marks = work.caller.marks
        if not marks:
            return None
        # Asked for a name that no one has, too: time tells nothing of who exists.
        found = devices.allowance(work, subject.person or "", marks, self._shares.browsers)
        return throttle_keys.guesses_of_browser(key, found) if found else None

    def _excuse(self, work: Work, counted: _Counted) -> None:
        """A success: forget the failures of this factor, and take it off the source's count.

        Of a success in a known browser strangers do not profit: they go on, and at their pace.
        """
        # Always in one order, or two answers at once could wait for each other for ever.
        if counted.apart:
            throttles.ease(work, counted.key, self.guesses.steady, DAY)
        else:
            throttles.give_back(work, source(work))
            throttles.forgive(work, counted.key)
        if counted.own is not None:
            throttles.forgive(work, counted.own)

    def _take_back(self, work: Work, counted: _Counted) -> None:
        """Let this attempt alone come off the counts again, with the wait that it began."""
        if counted.apart and counted.own is not None:
            throttles.undo(work, counted.own)
            return
        # In the order of counting, as above.
        throttles.give_back(work, source(work))
        throttles.undo(work, counted.key)

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
    """Return the counter of where a request came from."""
    return throttle_keys.source(work.caller.address)


def _long(wait: int | None) -> bool:
    return wait is None or wait >= PATIENCE


def _wait_words(wait: int | None) -> Text:
    if wait is None:
        return _(
            "This way of signing in is locked after too many tries. Ask for help to unlock it."
        )
    if not _long(wait):
        return n_(
            "Too many tries. Wait %(num)s second, then try again.",
            "Too many tries. Wait %(num)s seconds, then try again.",
            wait,
        )
    now = clock.now()
    return _("Too many tries. Try again at %(time)s.", time=moments.later(now + wait, now))
