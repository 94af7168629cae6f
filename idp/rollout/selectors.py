"""Whom a stage names: `type:clinician`, `group:north`, `person:aroha`, or `*`.

A bare word is a type.
Owns reading what an operator wrote against the people there are. A name that nobody bears is most
likely a typing error, so it is refused with the names that exist.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from idp.authenticators import identifiers
from idp.policy.rollout import EVERYONE
from idp.rollout.errors import StageError
from idp.store import people
from idp.store.db import Work
from idp.store.rollout import cohorts

TYPE, GROUP, PERSON = "type", "group", "person"
NAMED = 12
"""How many existing names a refusal lists."""


@dataclass(frozen=True)
class Kinds:
    """How many people are of each type and in each group."""

    types: Counter[str] = field(default_factory=Counter)
    groups: Counter[str] = field(default_factory=Counter)


def kinds(work: Work) -> Kinds:
    """Count everyone whose account is not switched off."""
    found = Kinds()
    for row in cohorts.kinds(work):
        found.types[row.user_type] += row.people
        found.groups.update(dict.fromkeys(row.groups, row.people))
    return found


def read(
    work: Work, words: Iterable[str], what: str, *, may_be_empty: bool = False
) -> tuple[str, ...]:
    """Return what the words of an operator mean, each once, with people by their `sub`.

    Raises:
        StageError: a word means nothing, or nobody there; `what` is the field that is told.
    """
    found: list[str] = []
    known: Kinds | None = None
    for word in (one.strip() for one in words):
        kind, mark, name = word.partition(":")
        if not mark and word != EVERYONE:
            kind, name = TYPE, word
        if word == EVERYONE:
            found.append(EVERYONE)
        elif kind == PERSON and name:
            found.append(f"{PERSON}:{_sub(work, name, what)}")
        elif kind in (TYPE, GROUP) and name:
            known = known or kinds(work)
            there = known.types if kind == TYPE else known.groups
            if name not in there and not may_be_empty:
                raise StageError(what, _nobody(kind, name, there))
            found.append(f"{kind}:{name}")
        else:
            text = f"{word!r} names nobody: write type:NAME, group:NAME, person:NAME or *"
            raise StageError(what, text)
    return tuple(dict.fromkeys(found))


def shown(work: Work, selectors: Iterable[str]) -> tuple[str, ...]:
    """Return selectors as an operator writes them: people by their user names."""
    return tuple(_written(work, one) for one in selectors)


def _written(work: Work, selector: str) -> str:
    kind, _, name = selector.partition(":")
    if kind != PERSON:
        return selector
    person = people.by_id(work, name)
    return f"{PERSON}:{person.username}" if person else selector


def _sub(work: Work, name: str, what: str) -> str:
    person = people.by_name(work, identifiers.login_name(name)) or people.by_id(work, name)
    if person is None:
        raise StageError(what, f"there is nobody called {name!r}")
    return person.id


def _nobody(kind: str, name: str, there: Counter[str]) -> str:
    thing = "is of the user type" if kind == TYPE else "is in the group"
    listed = ", ".join(f"{one} ({count})" for one, count in there.most_common(NAMED))
    rest = f"there are {listed}" if listed else "there are none"
    return f"nobody {thing} {name!r}; {rest}"
