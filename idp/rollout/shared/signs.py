"""Signs of shared profiles, counted: a day at a time from the events, then a score for everyone.

Nothing is done while anyone signs in. Whatever is written can be made again from the events: a day
that was broken off is counted anew, and two workers at once write the same.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar

from idp import clock
from idp.audit import Event
from idp.authenticators.codes import ELSEWHERE
from idp.policy.profile_day import DAY, Happening, What, counted, network
from idp.policy.shared_profiles import Score, Sign, called_like_a_place, most_set_ups, scored
from idp.settings.values import Settings, SharedProfiles
from idp.store import db
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.rollout import profile_days, shared_profiles
from idp.store.rollout.profile_days import Happened, Sums
from idp.store.rollout.shared_profiles import Named

SETTLED = 900
"""Seconds after the end of a day, when no transaction writes an event of it any more."""
SLICE = 20_000
"""People whose day is held in memory at once."""
ROWS = 500
"""Rows in one transaction: a write lock of milliseconds."""
_APP = "totp"
_KINDS = (
    Event.SIGN_IN_FINISHED,
    Event.SESSION_ENDED,
    Event.FACTOR_ADDED,
    Event.FACTOR_REJECTED,
    Event.SIGN_IN_DENIED,
)
Going = Callable[[], bool]
One = TypeVar("One")


def always() -> bool:
    """Go on to the end."""
    return True


class SharedSigns:
    """Counting and scoring, for one installation."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._wanted = settings.shared_profiles
        self._idle = settings.session.idle
        self._engine = engine

    def catch_up(self, going: Going = always, seconds: float = math.inf) -> int:
        """Count the days that are over, then score everyone; return how many days it were.

        Between two slices it asks `going` whether to stop. It begins no further day after so many
        `seconds`; the rest is for the next call.
        """
        end = time.monotonic() + seconds
        days = 0
        for day in self._missing():
            if time.monotonic() > end or not self._count(day, going):
                break
            days += 1
        if days:
            self.score(last_day())
        return days

    def _missing(self) -> Iterator[int]:
        last = last_day()
        with db.work(self._engine) as work:
            first = profile_days.first_day(work)
            begin = last + 1 - self._wanted.days if first is None else first
            begin = max(begin, last + 1 - self._wanted.days)
            done = set(profile_days.done(work, begin))
        return (day for day in range(begin, last + 1) if day not in done)

    def _count(self, day: int, going: Going) -> bool:
        """Count one day; False when it was stopped before its end."""
        after = ""
        while going():
            with db.work(self._engine) as work:
                people = profile_days.people_after(work, after, SLICE)
                if not people:
                    profile_days.mark_done(work, day)
                    return True
                self._count_slice(work, day, after, people)
                after = people[-1]
        return False

    def _count_slice(self, work: Work, day: int, after: str, people: list[str]) -> None:
        found = profile_days.happened(work, day, after, people[-1], [str(kind) for kind in _KINDS])
        by_person = happenings(found)
        # In the order of the people, so that two workers do not wait for each other.
        for some in _batches(one for one in people if one in by_person):
            for person_id in some:
                counts = counted(by_person[person_id], self._idle)
                if counts.says_something:
                    profile_days.put(work, person_id, day, counts)
            work.commit()

    def score(self, day: int) -> None:
        """Score everyone as of a day, and forget what is too old to count."""
        since = day + 1 - self._wanted.days
        weights = weights_of(self._wanted)
        with db.work(self._engine) as work:
            sums, set_ups = profile_days.sums(work, since), profile_days.set_ups(work, since)
            known = list(shared_profiles.everyone_named(work))
        scores = self._scores(known, sums, set_ups, weights)
        for some in _batches(scores):
            with db.work(self._engine) as work:
                for person_id, score in some:
                    shared_profiles.put_score(work, person_id, score, day)
        with db.work(self._engine) as work:
            shared_profiles.fade(work, day)
        self._forget(since)

    def _forget(self, before: int) -> None:
        forgotten = ROWS
        while forgotten == ROWS:
            with db.work(self._engine) as work:
                forgotten = profile_days.forget(work, before, ROWS)

    def _scores(
        self,
        known: Iterable[Named],
        sums: Mapping[str, Sums],
        set_ups: Mapping[str, list[tuple[int, int]]],
        weights: Mapping[Sign, int],
    ) -> Iterator[tuple[str, Score]]:
        words = self._wanted.names
        for one in known:
            seen = signs(one, sums.get(one.id), set_ups.get(one.id, ()), words)
            score = scored(seen, weights)
            if score.points >= self._wanted.threshold:
                yield one.id, score


def _batches(values: Iterable[One]) -> Iterator[list[One]]:
    rest = iter(values)
    while some := list(islice(rest, ROWS)):
        yield some


def last_day() -> int:
    """Return the last day that is over, and whose events are all there."""
    return (clock.now() - SETTLED) // DAY - 1


def weights_of(wanted: SharedProfiles) -> Mapping[Sign, int]:
    """Return the points of each sign."""
    return {sign: getattr(wanted, sign.value) for sign in Sign}


def signs(
    one: Named, sums: Sums | None, set_ups: Iterable[tuple[int, int]], words: Iterable[str]
) -> Mapping[Sign, int]:
    """Return how often each sign was seen of an account.

    One that was looked at and is one person's is no longer suspected for its name.
    """
    called = called_like_a_place(one.username, one.email, one.name, words)
    seen = {Sign.NAME: int(one.kept_day is None and called is not None)}
    seen[Sign.SET_UPS] = most_set_ups(set_ups)
    if sums is not None:
        seen[Sign.ALTERNATING] = sums.alternating
        seen[Sign.APART] = sums.apart
        seen[Sign.ELSEWHERE] = sums.elsewhere
        seen[Sign.HOURS] = sums.hours
        seen[Sign.DENIED] = sums.denied
    return seen


def happenings(found: Iterable[Happened]) -> Mapping[str, list[Happening]]:
    """Return what events say, by person."""
    by_person: dict[str, list[Happening]] = {}
    for event in found:
        what = _what(event)
        if what is not None:
            one = Happening(event.at, what, event.sid or "", network(event.source))
            by_person.setdefault(event.person_id, []).append(one)
    return by_person


def _what(event: Happened) -> What | None:
    reason = event.reason or ""
    match event.kind:
        case Event.SIGN_IN_FINISHED:
            return What.SIGNED_IN
        case Event.SESSION_ENDED:
            return What.SIGNED_OUT
        case Event.FACTOR_ADDED:
            own = not (event.source or "").startswith("cli:")
            return What.SET_UP if own and reason.startswith(_APP) else None
        case Event.FACTOR_REJECTED:
            return What.ELSEWHERE if reason.endswith(ELSEWHERE) else None
        case Event.SIGN_IN_DENIED:
            return What.DENIED
    return None
