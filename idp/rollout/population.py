"""How many people a stage is about, how many of them have set up what it asks, and who decides.

Counted over people who are alike, so that it stays quick with a hundred thousand of them, and kept
for a minute where there are many; the few whom a stage names, or who are excepted from one, are
counted one by one. Owns numbers for whoever
plans; what becomes of one person decides `policy.rollout`.
"""

import weakref
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from idp import clock
from idp.policy import reach, rollout
from idp.policy.rollout import Member, Stage
from idp.policy.types import Person
from idp.rollout.selectors import PERSON
from idp.signin.facts import PRIVILEGED, member
from idp.signin.sign_in import SignIn
from idp.store import people
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.people import PersonRow
from idp.store.rollout import cohorts, exceptions, stages
from idp.store.rollout.cohorts import CohortRow


@dataclass(frozen=True)
class Figures:
    """What a stage means in numbers; people whose accounts are switched off are not in them."""

    people: int = 0
    ready: int = 0
    """How many have set up what reaches its level."""
    deciding: Counter[str] = field(default_factory=Counter)
    """Which stage decides for how many of them once this one is in force, by id; "" for none."""

    @property
    def missing(self) -> int:
        """How many have to set something up."""
        return self.people - self.ready


@dataclass(frozen=True)
class _Kept:
    """What was counted of a crowd, and when."""

    at: int
    rows: Sequence[CohortRow]


CROWD = 20_000
"""So many people take a tenth of a second or more to count: pages look at them once a minute."""
KEPT_SECONDS = 60
_kept: weakref.WeakKeyDictionary[Engine, _Kept] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class _Alike:
    """So many people who are the same in all that counts here; `key` is None for one alone."""

    key: tuple[Any, ...] | None
    who: Member
    methods: frozenset[str]
    people: int


class Population:
    """Everyone, as they are when it is made; `drafts` are stages that are asked about later."""

    def __init__(self, work: Work, signin: SignIn, *drafts: Stage) -> None:
        self._rules = signin.rules
        self._counting = frozenset(
            ability.method
            for ability in signin.rules.abilities
            if signin.authenticators[ability.method].in_service
        )
        self._holding: dict[tuple[str, frozenset[str]], bool] = {}
        self.stages = stages.everything(work)
        self._all = list(_alike(work, (*self.stages, *drafts)))

    @cached_property
    def count(self) -> int:
        """How many people there are."""
        return sum(alike.people for alike in self._all)

    @cached_property
    def types(self) -> Counter[str]:
        """How many people are of each user type."""
        found = Counter[str]()
        for alike in self._all:
            found[alike.who.user_type] += alike.people
        return found

    @cached_property
    def groups(self) -> Counter[str]:
        """How many people are in each group."""
        found = Counter[str]()
        for alike in self._all:
            for group in alike.who.groups:
                found[group] += alike.people
        return found

    def figures(self, stage: Stage, at: int | None = None) -> Figures:
        """Return the numbers of a stage, stored or not; and who decides at `at`, if that is given.

        A stage that is stored already counts as it is given.
        """
        planned = (*(one for one in self.stages if one.id != stage.id), stage)
        found, decided = Figures(), Counter[str]()
        known: dict[Any, str] = {}
        for alike in self._all:
            if not rollout.reaches(stage, alike.who):
                continue
            holds = self._holds(stage.level, alike.methods)
            ready = found.ready + (alike.people if holds else 0)
            found = Figures(found.people + alike.people, ready, decided)
            if at is None:
                continue
            if alike.key is None or alike.key not in known:
                known[alike.key] = self._decides(planned, alike.who, at)
            decided[known[alike.key]] += alike.people
        return found

    def _holds(self, level: str, methods: frozenset[str]) -> bool:
        """Return True if what is set up reaches a level."""
        key = level, methods & self._counting
        if key not in self._holding:
            self._holding[key] = reach.reaches(level, Person(""), key[1], self._rules)
        return self._holding[key]

    def _decides(self, planned: Sequence[Stage], who: Member, at: int) -> str:
        said = rollout.requirement(planned, who, self._rules, at)
        return said.stage or said.due_stage or said.coming_stage or ""


def _alike(work: Work, planned: Sequence[Stage]) -> Iterator[_Alike]:
    """Return people who are alike, without those whom a stage names, who come one by one."""
    single = _singled_out(work, planned)
    apart = Counter(
        (p.user_type, p.roles, tuple(sorted(p.groups)), p.methods) for p, _until in single
    )
    left = Counter[Any]()
    for row in _cohorts(work):
        left[row.user_type, row.roles, tuple(sorted(row.groups)), row.methods] += row.people
    for key, count in (left - apart).items():
        user_type, roles, groups, methods = key
        privileged = bool(PRIVILEGED & roles)
        who = Member("", user_type, frozenset(groups), privileged)
        yield _Alike((user_type, groups, privileged), who, methods, count)
    for person, until in single:
        yield _Alike(None, member(person, until), person.methods, 1)


def _cohorts(work: Work) -> Sequence[CohortRow]:
    """Return who is alike: as things are now, or of a crowd as they were within the last minute."""
    kept = _kept.get(work.engine)
    if kept is not None and 0 <= clock.now() - kept.at < KEPT_SECONDS:
        return kept.rows
    rows = cohorts.everyone(work)
    if sum(row.people for row in rows) >= CROWD:
        _kept[work.engine] = _Kept(clock.now(), rows)
    else:
        _kept.pop(work.engine, None)
    return rows


def _singled_out(work: Work, planned: Sequence[Stage]) -> list[tuple[PersonRow, Mapping[str, int]]]:
    """Return the people whom a stage names or does not reach, and until when it does not."""
    until: dict[str, dict[str, int]] = {}
    for row in exceptions.holding(work):
        until.setdefault(row.person_id, {})[row.stage_id] = row.until
    for selector in (one for stage in planned for one in (*stage.audience, *stage.excluded)):
        kind, _mark, name = selector.partition(":")
        if kind == PERSON:
            until.setdefault(name, {})
    found = ((people.by_id(work, name), stops) for name, stops in until.items())
    return [(person, stops) for person, stops in found if person and person.disabled_at is None]
