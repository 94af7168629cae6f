"""Who has what set up, over time: counts by user type and method, kept once a day.

Owns what is counted, and the files that say it; what a level needs is the policy's. People whose
accounts are switched off are in no count.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.audit.export import csv_line
from idp.policy.rollout import Stage
from idp.policy.types import Rules, Trait
from idp.store import db, people
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.people import PersonRow
from idp.store.rollout import adoption, stages, standing
from idp.store.rollout.adoption import PEOPLE
from idp.store.rollout.standing import Span

SECOND, TEXTS_ONLY, ONE_WAY, NO_CODES = "second", "texts-only", "one-way", "no-codes"
LACKS = (TEXTS_ONLY, ONE_WAY, NO_CODES)
"""What people with a second step may lack: safer than text messages, another way, codes."""
PAGE = 2000
COUNTED_ANEW = 20000
"""Up to so many people a page counts anew what was counted today."""
EVERYONE = ""
"""Instead of a user type: the sum of all."""
COLUMNS = ("day", "user_type", "what", "people")
"""Of a file: a line for each count of a day."""

Counts = Mapping[tuple[str, str], int]
"""How many people, by user type and what they have: PEOPLE, SECOND, a method, one of LACKS."""


@dataclass(frozen=True)
class Day:
    """The counts of one day (UTC, `2027-02-01`)."""

    day: str
    counts: Counts


class Adoption:
    """What people of one installation have set up."""

    def __init__(self, rules: Rules, engine: Engine) -> None:
        self._engine = engine
        spare = {a.method for a in rules.abilities if Trait.RECOVERY in a.traits}
        seconds = [
            a for a in rules.abilities if not a.remembered and a.method not in spare | rules.off
        ]
        self.methods = tuple(a.method for a in seconds)
        """The second steps that are offered, in that order."""
        self._texted = frozenset(a.method for a in seconds if Trait.TELEPHONE in a.traits)

    def now(self, work: Work) -> Counts:
        """Count everyone, as things are now."""
        found = Counter[tuple[str, str]]()
        for kind in adoption.kinds(work):
            for what in (PEOPLE, *self._has(kind.methods, coded=kind.coded)):
                for user_type in (kind.user_type, EVERYONE):
                    found[user_type, what] += kind.people
        return found

    def history(self, work: Work, days: int) -> list[Day]:
        """Return the counts of the last `days` days that were counted, and of today.

        Those are as of now, unless there are so many people that the count of today must do.
        """
        begin = clock.iso(clock.now() - days * 86400)[:10]
        found: dict[str, dict[tuple[str, str], int]] = {}
        for row in adoption.since(work, begin):
            found.setdefault(row.day, {})[row.user_type, row.what] = row.people
        today = adoption.today()
        if found.get(today, {}).get((EVERYONE, PEOPLE), 0) <= COUNTED_ANEW:
            found[today] = dict(self.now(work))
        return [Day(day, counts) for day, counts in sorted(found.items())]

    def lacking(self, work: Work, what: str, after: str = "") -> Iterator[PersonRow]:
        """Yield the people who are in the count `what` now, by `sub`, those after `after`."""
        while rows := people.after(work, after, PAGE):
            after = rows[-1].id
            span = Span(rows[0].id, after)
            had, coded = standing.credentials(work, span), standing.with_codes(work, span)
            for person in rows:
                has = self._has(had.get(person.id, ()), coded=person.id in coded)
                if person.disabled_at is None and what in has:
                    yield person

    def carry_out(self) -> bool:
        """Keep the counts of today, unless that was done; of several workers one does it."""
        day = adoption.today()
        with db.work(self._engine) as work:
            if adoption.counted(work, day):
                return False
            counts = self.now(work)
            if not adoption.claim_day(work, day, counts.get((EVERYONE, PEOPLE), 0)):
                return False
            adoption.keep(work, day, counts)
        return True

    def _has(self, methods: Sequence[str], *, coded: bool) -> Iterable[str]:
        """Return the counts that someone with these credentials is in."""
        seconds = [method for method in methods if method in self.methods]
        yield from set(seconds)
        if not seconds:
            return
        yield SECOND
        if set(seconds) <= self._texted:
            yield TEXTS_ONLY
        if len(seconds) == 1:
            yield ONE_WAY
        if not coded:
            yield NO_CODES


def next_dates(work: Work) -> list[Stage]:
    """Return the stages that will be enforced, soonest first."""
    now = clock.now()
    coming = (
        one
        for one in stages.everything(work)
        if one.required and one.stopped_at is None and (one.enforce_at or 0) > now
    )
    return sorted(coming, key=lambda one: (one.enforce_at or 0, one.id))


# -- as files


def as_csv(found: Iterable[Day]) -> str:
    """Return the counts as a file for a spreadsheet; everyone's have no user type."""
    return "".join(map(csv_line, (COLUMNS, *_lines(found))))


def as_json(found: Iterable[Day], coming: Iterable[Stage]) -> dict[str, Any]:
    """Return the counts and the next dates as JSON has them; everyone's have no user type."""
    days = (dict(zip(COLUMNS, line, strict=True)) for line in _lines(found))
    return {
        "days": [day | {"user_type": day["user_type"] or None} for day in days],
        "next": [
            {"stage": one.id, "from": clock.iso(one.enforce_at)}
            for one in coming
            if one.enforce_at is not None
        ],
    }


def _lines(found: Iterable[Day]) -> Iterator[tuple[str, str, str, int]]:
    for day in found:
        for (user_type, what), count in sorted(day.counts.items()):
            yield day.day, user_type, what, count
