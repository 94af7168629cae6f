"""The next step of a sign-in: what was asked, what is known, the rules, the time; nothing else.

`next_step` walks a table of checks in order; the first that has something to say names the step.
Each step carries the OAuth error it becomes when no page may be shown, so `prompt=none` is the
same walk.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from idp.policy import assurance
from idp.policy.types import (
    Ability,
    Announce,
    Ask,
    Authenticate,
    Consent,
    Enrol,
    Finish,
    Identify,
    Know,
    Level,
    Person,
    Proof,
    Refuse,
    Rules,
    Step,
)

UNMET = "unmet_authentication_requirements"


@dataclass(frozen=True)
class Case:
    """One sign-in at one moment, with what follows directly from the four arguments."""

    ask: Ask
    know: Know
    rules: Rules
    now: int

    @property
    def person(self) -> Person:
        assert self.know.person is not None
        return self.know.person

    @cached_property
    def silent(self) -> bool:
        return "none" in self.ask.prompt

    @cached_property
    def proofs(self) -> tuple[Proof, ...]:
        """The proofs that count at all: fresh enough, and of a kind the client accepts."""
        return tuple(p for p in self.know.proofs if self._fresh(p) and self._accepted(p))

    def _fresh(self, proof: Proof) -> bool:
        ask = self.ask
        if self._of_now(proof):
            return True
        if ask.prompt & {"login", "select_account"} or ask.max_age == 0:
            return False
        return ask.max_age is None or self.now - proof.at <= ask.max_age

    def _of_now(self, proof: Proof) -> bool:
        return bool(proof.interaction) and proof.interaction == self.ask.interaction

    def _accepted(self, proof: Proof) -> bool:
        return self.ask.accepts_bootstrap or not proof.bootstrap

    @cached_property
    def floors(self) -> tuple[Level, ...]:
        """Every level that must hold whatever is asked: the strictest of them decides."""
        names = [self.ask.floor, self.rules.floor, self.person.requirement.level]
        wanted = self.rules.level(self.rules.ask_enrolled) if self.rules.ask_enrolled else None
        if wanted and self.reachable((wanted,), self.person.enrolled):
            names.append(wanted.name)
        return tuple(self._levels(names))

    def _levels(self, names: Iterable[str | None]) -> Iterable[Level]:
        for name in names:
            if name is not None:
                level = self.rules.level(name)
                yield level or Level(name, kinds=99)

    @cached_property
    def candidates(self) -> tuple[tuple[str, Level], ...]:
        """The acr values asked for that mean something here, with their levels."""
        asked = self.ask.acr_values if self.ask.essential is None else self.ask.essential
        known = [(value, level) for value in asked if (level := self.rules.level(value))]
        if self.ask.essential is None:
            order = self.rules.levels
            bar = max((order.index(f) for f in self.floors if f in order), default=-1)
            known = [(value, level) for value, level in known if order.index(level) >= bar]
        return tuple(known)

    @cached_property
    def target(self) -> tuple[Level, ...] | None:
        """The levels to reach now; None when an essential request can never be met."""
        ways: list[frozenset[str]] = [frozenset() if self.silent else self.person.enrolled]
        if self.ask.essential is not None:
            # Silent: what a page could still reach, so that the error tells.
            ways.append(self.person.enrolled | self.person.enrollable)
        for methods in ways:
            for _, level in self.candidates:
                if self.reachable((level, *self.floors), methods):
                    return (level, *self.floors)
        if self.ask.essential is not None:
            return None
        return self.floors if self.silent else (self.rules.levels[0], *self.floors)

    @cached_property
    def standing(self) -> tuple[Proof, ...]:
        """The proofs that no level to be reached has outlived; the others are to be given again."""
        target = self.target
        levels = (self.rules.levels[0], *self.floors) if target is None else target
        return tuple(
            proof
            for proof in self.proofs
            if not any(assurance.outlived(level, proof, self.now) for level in levels)
        )

    def abilities(self, methods: frozenset[str]) -> tuple[Ability, ...]:
        return tuple(a for a in self.rules.abilities if a.method in methods)

    def hold(self, levels: Iterable[Level], *more: Ability) -> bool:
        """Say whether `levels` hold once `more` would be proved too."""
        imagined = (_imagined(a, self.now, bootstrap=a.method not in self.settled) for a in more)
        proofs = (*self.proofs, *filter(self._accepted, imagined))
        return all(assurance.holds(level, proofs, self.now) for level in levels)

    def reachable(self, levels: Iterable[Level], methods: frozenset[str]) -> bool:
        return self.hold(levels, *self.abilities(methods))

    @cached_property
    def settled(self) -> frozenset[str]:
        """The methods that were set up before this sign-in began."""
        here = {p.method for p in self.know.proofs if p.bootstrap and self._of_now(p)}
        return self.person.enrolled - here


def _imagined(ability: Ability, now: int, *, bootstrap: bool = False) -> Proof:
    given = Proof(ability.method, ability.amr, ability.factors, now, bootstrap=bootstrap)
    return replace(given, traits=ability.traits)


def refused(case: Case) -> Step | None:
    """The person said no."""
    if case.know.refused is None:
        return None
    return Refuse(case.know.refused, "the person cancelled or denied")


def identify(case: Case) -> Step | None:
    """Nobody is known."""
    return Identify() if case.know.person is None else None


def another_person(case: Case) -> Step | None:
    """The id_token_hint names somebody else (OIDC Core 3.1.2.1: never answer for another)."""
    subject = case.ask.subject
    return Identify() if subject is not None and subject != case.person.id else None


def disabled(case: Case) -> Step | None:
    """The account was switched off, perhaps half-way."""
    if case.person.disabled:
        return Refuse("access_denied", "the account is disabled")
    return None


def unmet(case: Case) -> Step | None:
    """An essential level that the person, who is surely there, can never reach."""
    if case.target is None:
        return Refuse(UNMET, "no value of the essential acr request can be reached")
    return None


def first_factor(case: Case) -> Step | None:
    """Nothing young and fresh enough begins this sign-in."""
    if any(proof.first for proof in case.standing):
        return None
    # What holds as it is, is not asked again; a silent request is answered from what there is.
    begun = any(proof.first for proof in case.proofs) or (case.silent and case.proofs)
    if begun and case.target is not None and case.hold(case.target):
        return None
    methods = tuple(a.method for a in case.abilities(case.person.enrolled) if a.first)
    if not methods:
        return Refuse("access_denied", "the account has no way to begin a sign-in")
    return Authenticate(methods, error="login_required")


def further_factor(case: Case) -> Step | None:
    """The target does not hold yet, and something enrolled brings it nearer."""
    target = case.target or ()
    if case.hold(target):
        return None
    proved = {proof.method for proof in case.standing}
    left = [a for a in case.abilities(case.person.enrolled) if a.method not in proved]
    enough = [a for a in left if case.hold(target, a)]
    if not enough and case.reachable(target, case.person.enrolled):
        enough = left
    return Authenticate(tuple(a.method for a in enough)) if enough else None


def enrolment(case: Case) -> Step | None:
    """The target needs a factor that the person does not have yet."""
    target = case.target or ()
    if case.hold(target):
        return None
    return _enrol(case, target, optional=False) or Refuse(
        UNMET, "the level demanded cannot be reached by this person"
    )


def _enrol(case: Case, target: Iterable[Level], *, optional: bool) -> Step | None:
    """Bind a factor only at the strength the account already has (SP 800-63B-4 4.1.2.1)."""
    ways = case.abilities(case.person.enrollable)
    methods = tuple(a.method for a in ways if case.hold(target, a))
    if not methods:
        return None
    seconds = [a for a in case.abilities(case.person.enrolled) if not a.first]
    if seconds and all(proof.first for proof in case.standing):
        return Authenticate(tuple(a.method for a in seconds))
    confirm = case.rules.enrolment_proof and not seconds and not case.know.address_confirmed
    return Enrol(methods, confirm_address=confirm, optional=optional)


def coming_requirement(case: Case) -> Step | None:
    """A stage will demand, or recommends, what this person has not set up."""
    coming = case.person.requirement.coming
    if case.silent or coming is None:
        return None
    level = tuple(case._levels([coming]))
    # It concerns the person, whatever this application thinks of a factor set up just now.
    case = replace(case, ask=replace(case.ask, accepts_bootstrap=True))
    if case.reachable(level, case.person.enrolled):
        return None
    if case.know.wants_enrolment:
        return _enrol(case, level, optional=True)
    if not case.know.announced and case.reachable(
        level, case.person.enrolled | case.person.enrollable
    ):
        return Announce(coming, case.person.requirement.coming_at)
    return None


def consent(case: Case) -> Step | None:
    """The client asks for more than the person has granted it."""
    if case.know.consented:
        return None
    missing = case.ask.consent_needed and not case.ask.scopes <= case.know.granted
    if missing or "consent" in case.ask.prompt:
        return Consent(case.ask.scopes)
    return None


def finish(case: Case) -> Step:
    """Everything holds: say what is true of it."""
    said = next(((v, lv) for v, lv in case.candidates if case.hold((lv,))), None)
    level = said[1] if said else assurance.reached(case.rules.levels, case.proofs, case.now)
    if level is None:
        oldest = assurance.auth_time(case.proofs)
        return Finish(assurance.EXPIRED, (), oldest, "the level has expired")
    proofs = assurance.counted(level, case.proofs, case.now)
    return Finish(
        acr=said[0] if said else level.name,
        amr=assurance.methods_references(proofs),
        auth_time=assurance.auth_time(proofs),
        reason=_explain(case, proofs, bool(said)),
        methods=tuple(proof.method for proof in proofs),
    )


def _explain(case: Case, proofs: Iterable[Proof], asked: bool) -> str:
    ask = case.ask
    if ask.essential is not None:
        why = "essential value met"
    elif asked:
        why = "first reachable value asked for"
    else:
        none = "no value asked for could be reached, or was as strong as the floor"
        why = none if ask.acr_values else "level reached"
    floors = ", ".join(dict.fromkeys(level.name for level in case.floors))
    parts = [
        f"{p.method} at {datetime.fromtimestamp(p.at, UTC):%Y-%m-%dT%H:%M:%SZ}"
        + (" (at enrolment)" if p.bootstrap else "")
        for p in proofs
    ]
    return f"{why}; floor {floors or 'none'}; proved: {', '.join(parts)}"


CHECKS = (
    refused,
    identify,
    another_person,
    disabled,
    first_factor,
    unmet,
    further_factor,
    enrolment,
    coming_requirement,
    consent,
)


def next_step(ask: Ask, know: Know, rules: Rules, now: int) -> Step:
    """Return what must happen next. Pure: the same four values always give the same step."""
    case = Case(ask, know, rules, now)
    for check in CHECKS:
        step = check(case)
        if step is not None:
            return step
    return finish(case)


def can_ever_hold(level: Level, abilities: Iterable[Ability]) -> bool:
    """Say whether all of `abilities` together would reach `level`: whether to advertise it."""
    return assurance.holds(level, [_imagined(ability, 0) for ability in abilities], 0)
