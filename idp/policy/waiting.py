"""Changes that are asked for without the strongest proof: who may ask, and what becomes of them.

Anyone who has lost the strongest way may not be shut out of the account for good, and anyone who
stole a weaker one may not take it over at once. So what is asked for with the next strongest way
waits, in the sight of every way and mailbox that can stop it. Pure; times in seconds since 1970
UTC.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from idp.policy.reach import reaches, strongest
from idp.policy.types import Person, Rules

OPEN_FOR = 3 * 86400
"""Seconds for which a way may be added once the wait is over."""


class What(StrEnum):
    """What is asked for."""

    REMOVE = "remove"
    """A way that is lost is taken away when the wait is over."""
    ADD = "add"
    """A way may be added when the wait is over, with the next strongest way as proof."""


class Verdict(StrEnum):
    """What becomes of it now."""

    WAIT = "wait"
    DO = "do"
    OPEN = "open"
    USED = "used"
    """What was said to be lost was used meanwhile: it is not lost, and someone else may ask."""
    EXPIRED = "expired"


@dataclass(frozen=True)
class Waiting:
    """One change that was asked for."""

    what: What
    asked_at: int
    due_at: int


@dataclass(frozen=True)
class Fallback:
    """What someone can prove who has lost the strongest way."""

    level: str
    """The level to prove for it."""
    without: frozenset[str]
    """The methods without which the strongest level is out of reach: one of them is lost."""


def fallback(person: Person, rules: Rules) -> Fallback | None:
    """Return the next strongest level of two kinds of factor; None where there is none."""
    top = strongest(person, rules)
    remembered = {ability.method for ability in rules.abilities if ability.remembered}
    needed = frozenset(
        method
        for method in person.enrolled - remembered
        if top is not None and not reaches(top, person, person.enrolled - {method}, rules)
    )
    level = strongest(replace(person, enrolled=person.enrolled - needed), rules)
    found = rules.level(level) if level is not None else None
    if not needed or found is None or found.kinds < 2:
        return None
    return Fallback(found.name, needed)


def verdict(waiting: Waiting, now: int, used_at: int | None = None) -> Verdict:
    """Say what becomes of a change; `used_at` is when what it is to remove was last used."""
    removes = waiting.what is What.REMOVE
    if removes and used_at is not None and used_at > waiting.asked_at:
        return Verdict.USED
    if now < waiting.due_at:
        return Verdict.WAIT
    if removes:
        return Verdict.DO
    return Verdict.OPEN if now < waiting.due_at + OPEN_FOR else Verdict.EXPIRED
