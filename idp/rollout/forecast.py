"""Who will be ready when a stage is enforced, who is asked to set up, and who is stuck, and why.

It asks the policy that a sign-in asks, over the same facts (`signin.facts`), with the clock at the
date and the stage taken as enforced, all grace used up. It changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from idp import clock
from idp.people.factors.first_proof import FirstProof
from idp.policy import rollout
from idp.policy.readiness import Closed, Readiness, State, readiness
from idp.policy.rollout import Member, Stage, Strength
from idp.policy.types import Person, Requirement
from idp.rollout.answers import Answers, Page
from idp.signin import facts
from idp.signin.sign_in import SignIn
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.rollout import exceptions, shared_profiles, stages, standing
from idp.store.rollout.standing import Span

PAGE = 2000
YEAR = 365 * 86400
_ALL_USED = 10**6
"""More often than any grace lasts."""


class Doubt(StrEnum):
    """What the policy does not know, and may keep a person from coming through all the same."""

    DORMANT = "dormant"
    """Not signed in for a year: nobody may read the mail of this account."""
    UNASKED = "unasked"
    """An application holds a sign-in of less, and goes on with it: nobody can be asked there."""
    SHARED = "shared"
    """More than one person seems to use the profile."""


@dataclass(frozen=True)
class Question:
    """A stage taken as enforced at a time, among the others, and the exceptions then."""

    stage: Stage
    at: int
    others: tuple[Stage, ...] = ()
    excepted: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    known: dict[object, Requirement] = field(default_factory=dict, compare=False)
    """What was found to be asked of people, by what they are to the stages."""

    @cached_property
    def plan(self) -> tuple[Stage, ...]:
        return (*self.others, self.stage)

    @cached_property
    def named(self) -> frozenset[str]:
        """The people whom a stage names, by their `sub`."""
        words = (word for one in self.plan for word in (*one.audience, *one.excluded))
        return frozenset(word.removeprefix("person:") for word in words)


@dataclass(frozen=True)
class Outlook:
    """How one person whom the stage reaches will fare."""

    person: PersonRow
    readiness: Readiness
    grace: int = 0
    """Sign-ins that will go on without, all the same."""
    doubts: tuple[Doubt, ...] = ()


@dataclass
class Summary:
    """How many will fare how."""

    people: int = 0
    ready: int = 0
    asked: int = 0
    stuck: int = 0
    methods: Counter[str] = field(default_factory=Counter)
    """What sign-ins of those who are ready will rest on."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why people are stuck; of several reasons each counts."""
    doubts: Counter[str] = field(default_factory=Counter)

    def add(self, one: Outlook) -> None:
        """Count one more person."""
        found = one.readiness
        self.people += 1
        match found.state:
            case State.READY:
                self.ready += 1
                self.methods[found.method] += 1
            case State.ASKED:
                self.asked += 1
            case State.STUCK:
                self.stuck += 1
                self.reasons.update(reason.value for reason in found.obstacles)
        self.doubts.update(doubt.value for doubt in one.doubts)

    @property
    def unready(self) -> int:
        return self.asked + self.stuck

    def as_numbers(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        counted = ("people", "ready", "asked", "stuck")
        named = ("methods", "reasons", "doubts")
        return {name: getattr(self, name) for name in counted} | {
            name: dict(getattr(self, name)) for name in named
        }


class Forecast:
    """Forecasts of one installation."""

    def __init__(self, signin: SignIn, first_proof: FirstProof) -> None:
        self._signin = signin
        self._answers = Answers(signin, first_proof)
        self._threshold = signin.settings.shared_profiles.threshold
        self._longest = signin.settings.oidc.refresh_absolute

    def question(self, work: Work, stage: Stage, at: int | None = None) -> Question:
        """Return what is asked: `stage` in force at `at`, or at its date, or now if that is over.

        `stage` may be stored nowhere yet; it stands in the place of the one of its id.
        """
        at = max(clock.now(), stage.enforce_at or 0) if at is None else at
        enforced = replace(
            stage, strength=Strength.REQUIRED, enforce_at=min(at, stage.enforce_at or at)
        )
        excepted: dict[str, dict[str, int]] = {}
        for row in exceptions.holding(work):
            excepted.setdefault(row.person_id, {})[row.stage_id] = row.until
        others = tuple(one for one in stages.everything(work) if one.id != stage.id)
        return Question(replace(enforced, stopped_at=None), at, others, excepted)

    def everyone(
        self,
        work: Work,
        question: Question,
        progress: Callable[[int], None] | None = None,
        after: str = "",
    ) -> Iterator[Outlook]:
        """Yield how all whom the stage reaches will fare, by `sub`, those after `after`.

        `progress` hears how many were read.
        """
        shut = self._answers.shut(work)
        shared = shared_profiles.report(work, self._threshold)
        suspected = frozenset(row.person_id for row in shared)
        now, walked = clock.now(), dict[object, Readiness]()
        seen = 0
        while rows := people.after(work, after, PAGE):
            after, seen = rows[-1].id, seen + len(rows)
            span = Span(rows[0].id, rows[-1].id)
            page, used = self._answers.page(work, span), standing.last_used(work, span)
            going = standing.going_on(work, span, since=question.at - self._longest)
            put_off = standing.put_off(work, span) if _graceful(question.stage) else {}
            for person in rows:
                who = _reached(question, person)
                if who is None:
                    continue
                asked = self._asked(question, who)
                shut_here = shut.get(person.id, frozenset())
                closed = self._answers.closed(person, asked.proof, page, shut_here)
                known = replace(self._signin.facts.held_to(person, asked), id="")
                key = known, closed.key
                found = walked.get(key)
                if found is None:
                    found = walked[key] = self._walk(question, known, closed)
                yield Outlook(
                    person,
                    found,
                    self._grace(question, who, put_off.get(person.id, {})),
                    _doubts(
                        {
                            Doubt.DORMANT: _dormant(person, used.get(person.id), now),
                            Doubt.UNASKED: self._unasked(question, going.get(person.id, ())),
                            Doubt.SHARED: person.id in suspected,
                        }
                    ),
                )
            if progress is not None:
                progress(seen)

    def summary(self, work: Work, question: Question) -> Summary:
        """Count how everyone will fare."""
        found = Summary()
        for one in self.everyone(work, question):
            found.add(one)
        return found

    def of_person(self, work: Work, question: Question, person: PersonRow) -> Readiness | None:
        """Return how one person will fare; None when the stage does not reach them."""
        who = _reached(question, person)
        if who is None:
            return None
        page: Page = self._answers.page(work, Span(person.id, person.id))
        shut = self._answers.shut(work).get(person.id, frozenset())
        asked = self._asked(question, who)
        closed = self._answers.closed(person, asked.proof, page, shut)
        known = self._signin.facts.held_to(person, asked)
        return self._walk(question, known, closed)

    def locks_out(self, work: Work, person: PersonRow, stage: Stage) -> bool:
        """Return True if `stage` would keep `person`, who is about to save it, from signing in."""
        found = self.of_person(work, self.question(work, stage), person)
        return found is not None and found.state is State.STUCK

    def _asked(self, question: Question, who: Member) -> Requirement:
        """Return what is asked of someone then, with all grace used up."""
        # Of people who are alike to the stages the same is asked.
        named = who.id if who.id in question.named else ""
        key = who.user_type, who.groups, who.privileged, tuple(who.excepted.items()), named
        if key not in question.known:
            rules = self._signin.rules
            spent = replace(who, postponed={level.name: _ALL_USED for level in rules.levels})
            question.known[key] = rollout.requirement(question.plan, spent, rules, question.at)
        return question.known[key]

    def _grace(self, question: Question, who: Member, put_off: Mapping[str, int]) -> int:
        used = rollout.with_milder(put_off, self._signin.rules)
        return rollout.left(question.stage, replace(who, postponed=used))

    def _unasked(self, question: Question, held: Iterable[str]) -> bool:
        """Return True if one of the acr values that are `held` is less than the stage demands."""
        rules = self._signin.rules
        demanded = rules.level(question.stage.level)
        less = rules.levels[: rules.levels.index(demanded)] if demanded else ()
        return any((rules.level(acr) or rules.levels[0]) in less for acr in held)

    def _walk(self, question: Question, known: Person, closed: Closed) -> Readiness:
        return readiness(known, self._signin.rules, question.at, closed)


def _reached(question: Question, person: PersonRow) -> Member | None:
    """Return a person as the stages see them; None if this one does not reach them then."""
    excepted = question.excepted.get(person.id, {})
    who = facts.member(person, excepted)
    let_off = excepted.get(question.stage.id, question.at) > question.at
    return who if rollout.reaches(question.stage, who) and not let_off else None


def _graceful(stage: Stage) -> bool:
    return bool(stage.grace or stage.grace_privileged)


def _dormant(person: PersonRow, used_at: int | None, now: int) -> bool:
    return max(used_at or 0, person.created_at) <= now - YEAR


def _doubts(found: Mapping[Doubt, bool]) -> tuple[Doubt, ...]:
    return tuple(doubt for doubt, holds in found.items() if holds)
