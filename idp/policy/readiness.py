"""How far one person would come if they had to sign in at a time: ready, asked to set up, stuck.

`next_step` is walked with every proof imagined that the person can give, and every set-up that can
be done with what there is. Pure: it asks the same policy as a sign-in, and adds no rule of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from idp.policy.case import imagined
from idp.policy.decide import next_step
from idp.policy.steps import (
    Authenticate,
    Done,
    Enrol,
    Finish,
    Keep,
    Mark,
    Obstacle,
    Refuse,
    Renew,
    Step,
)
from idp.policy.types import Ability, Ask, Know, Person, Proof, Rules, Trait

_IMAGINED = "imagined"
"""The name of a sign-in that never is."""
_MOST = 24
"""Steps after which a sign-in that goes nowhere is given up."""


class State(StrEnum):
    """What the engine would do."""

    READY = "ready"
    """Lets the person in with what is set up."""
    ASKED = "asked"
    """Asks for a set-up that can be done there and then."""
    STUCK = "stuck"


@dataclass(frozen=True)
class Closed:
    """What takes no answer of one person, right as the answer may be, and why."""

    answers: Mapping[str, Obstacle] = field(default_factory=dict)
    """Of methods that are set up."""
    set_ups: frozenset[str] = frozenset()
    """Methods whose set-up takes no answer."""
    proof: Obstacle | None = None
    """Of the code before a first second step."""

    @property
    def key(self) -> object:
        """Return what two of them have in common that close the same."""
        return frozenset(self.answers.items()), self.set_ups, self.proof


NOTHING = Closed()


@dataclass(frozen=True)
class Readiness:
    """How one person would fare."""

    state: State
    method: str = ""
    """What the sign-in would rest on: the second step, or else what it begins with."""
    obstacles: tuple[Obstacle, ...] = ()
    """Why someone is stuck; first first."""


def readiness(person: Person, rules: Rules, now: int, closed: Closed = NOTHING) -> Readiness:
    """Return how `person` would fare at `now`, at a page of ours."""
    walk = _Walk(person, rules, now, closed)
    for _ in range(_MOST):
        step = next_step(Ask(_IMAGINED), walk.know, rules, now)
        if isinstance(step, Finish):
            return Readiness(State.ASKED if walk.added else State.READY, walk.method)
        found = walk.take(step)
        if found:
            return Readiness(State.STUCK, obstacles=found)
    return Readiness(State.STUCK, obstacles=(Obstacle.NO_WAY,))


class _Walk:
    """A sign-in in imagination, one step after the other."""

    def __init__(self, person: Person, rules: Rules, now: int, closed: Closed) -> None:
        self.know = Know(person=person, marks=Mark.ANNOUNCED, offered=True)
        self.added = False
        self.method = ""
        self._person = person
        self._abilities = {ability.method: ability for ability in rules.abilities}
        self._now = now
        self._closed = closed

    def take(self, step: Step) -> tuple[Obstacle, ...]:
        """Do what `step` asks; return what keeps the person from it, () for nothing."""
        match step:
            case Authenticate(methods=methods):
                return self._prove(methods)
            case Enrol(methods=methods, confirm=confirm):
                return self._set_up(methods, confirms=confirm is not None)
            case Renew():
                self._is(replace(self._person, password_due=False))
            case Keep():
                self._mark(Mark.CODES_KEPT)
            case Done():
                self._mark(Mark.DONE_READ)
            case Refuse(obstacles=obstacles):
                return obstacles or (Obstacle.NO_WAY,)
            case _:
                return (Obstacle.NO_WAY,)
        return ()

    def _prove(self, methods: tuple[str, ...]) -> tuple[Obstacle, ...]:
        shut = self._closed.answers
        open_now = [method for method in methods if method not in shut]
        if not open_now:
            return tuple(dict.fromkeys(shut[method] for method in self._own(methods)))
        ability = self._abilities[open_now[0]]
        self._give(ability)
        if not self.method or not ability.remembered:
            self.method = ability.method
        return ()

    def _own(self, methods: tuple[str, ...]) -> Iterable[str]:
        """Return the methods that someone uses, not what only stands in for them."""
        own = [m for m in methods if Trait.RECOVERY not in self._abilities[m].traits]
        return own or methods

    def _set_up(self, methods: tuple[str, ...], *, confirms: bool) -> tuple[Obstacle, ...]:
        if confirms and self._closed.proof is not None:
            return (self._closed.proof,)
        able = [method for method in methods if method not in self._closed.set_ups]
        if not able:
            return (Obstacle.FACTOR_SHUT,)
        self.added, self.method = True, able[0]
        person = self._person
        self._is(replace(person, enrolled=person.enrolled | {self.method}, enrolment_due=False))
        self._mark(Mark.ADDRESS_CONFIRMED)
        self._give(self._abilities[self.method], bootstrap=True)
        return ()

    def _give(self, ability: Ability, *, bootstrap: bool = False) -> None:
        given: Proof = imagined(ability, self._now, bootstrap=bootstrap)
        proof = replace(given, interaction=_IMAGINED, first=ability.first)
        self.know = replace(self.know, proofs=(*self.know.proofs, proof))

    def _is(self, person: Person) -> None:
        self._person = person
        self.know = replace(self.know, person=person)

    def _mark(self, mark: Mark) -> None:
        self.know = replace(self.know, marks=self.know.marks | mark)
