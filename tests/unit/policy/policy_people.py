"""People, levels and abilities for the tests of the policy, and how someone obeys its steps.

Nothing here knows a rule: it only does what a step says, as an honest person would.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from idp.policy import assurance
from idp.policy.decide import next_step
from idp.policy.steps import (
    NO_MARKS,
    Announce,
    Authenticate,
    Change,
    Consent,
    Done,
    Enrol,
    EnrolmentProof,
    Finish,
    Identify,
    Keep,
    Mark,
    Offer,
    Refuse,
    Step,
)
from idp.policy.types import Ability, Ask, Factor, Know, Level, Person, Proof, Rules, Trait

NOW = 1_800_000_000
HOUR = 3600
HERE = "this sign-in"
BEFORE = "an earlier sign-in"
NONE = frozenset({"none"})
LOGIN = frozenset({"login"})
OPENID = frozenset({"openid"})
UNMET = "unmet_authentication_requirements"

KNOWN = frozenset({Factor.KNOWLEDGE})
HAD = frozenset({Factor.POSSESSION})

PASSWORD = Ability("password", ("pwd",), KNOWN, first=True)
TOTP = Ability("totp", ("otp",), HAD)
SMS = Ability("sms", ("sms",), HAD, frozenset({Trait.TELEPHONE}))
ABILITIES = (PASSWORD, TOTP, SMS)

# What later methods will bring; no person of the table has them.
RESISTANT = frozenset({Trait.PHISHING_RESISTANT})
TOUCHED_KEY = Ability("webauthn", ("pop", "user"), HAD, RESISTANT)
VERIFIED_KEY = replace(TOUCHED_KEY, factors=HAD | {Factor.INHERENCE})
HARDWARE_KEY = replace(
    VERIFIED_KEY, amr=("pop", "user", "hwk"), traits=RESISTANT | {Trait.HARDWARE}
)

# A level outlives a working day; being known at all, a whole one.
ONE = Level("urn:acrux:acr:1fa", lifetime=24 * HOUR)
MFA = Level("urn:acrux:acr:mfa", kinds=2, lifetime=12 * HOUR)
APP = replace(MFA, name="urn:acrux:acr:mfa-app", refuses=frozenset({Trait.TELEPHONE}))
PHR = replace(MFA, name="phr", requires=RESISTANT)
PHRH = replace(MFA, name="phrh", requires=RESISTANT | {Trait.HARDWARE})
LEVELS = (ONE, MFA, APP, PHR, PHRH)
RULES = Rules(LEVELS, ABILITIES)

PASSWORD_ONLY = Person(
    "ana", enrolled=frozenset({"password"}), enrollable=frozenset({"totp", "sms"})
)
WITH_TOTP = Person("ben", enrolled=frozenset({"password", "totp"}), enrollable=frozenset({"sms"}))
WITH_SMS = Person("cleo", enrolled=frozenset({"password", "sms"}), enrollable=frozenset({"totp"}))
PEOPLE = (PASSWORD_ONLY, WITH_TOTP, WITH_SMS)

STEP_LIMIT = 15
"""More steps than any honest sign-in takes."""
PUTS: dict[type[Step], Mark] = {
    Change: Mark.CONTACT_CONFIRMED,
    Keep: Mark.CODES_KEPT,
    Consent: Mark.CONSENTED,
}
"""The mark that says that a step was taken, where no choice is made."""


def prove(
    ability: Ability, at: int = NOW, interaction: str = BEFORE, *, bootstrap: bool = False
) -> Proof:
    """Return the proof that a success of `ability` leaves."""
    return Proof(
        ability.method,
        ability.amr,
        ability.factors,
        at,
        interaction,
        ability.traits,
        bootstrap=bootstrap,
        first=ability.first,
    )


def first_offered(methods: tuple[str, ...]) -> str:
    """Choose as most people do."""
    return methods[0]


@dataclass(frozen=True)
class Obedient:
    """Someone who does whatever the next step says. `pace` is the seconds each step takes."""

    who: Person
    choose: Callable[[tuple[str, ...]], str] = first_offered
    accepts_offers: bool = False
    pace: int = 0

    def walk(
        self, ask: Ask, know: Know, rules: Rules = RULES, now: int = NOW
    ) -> Iterator[tuple[Step, Know, int]]:
        """Yield each step, what was known when it was named, and when; until the sign-in ends."""
        for _ in range(STEP_LIMIT):
            step = next_step(ask, know, rules, now)
            yield step, know, now
            if isinstance(step, Finish | Refuse):
                return
            now += self.pace
            know = self._obey(step, know, rules, now, ask.interaction)
        raise AssertionError(f"still not at an end after {STEP_LIMIT} steps: {step}")

    def _obey(self, step: Step, know: Know, rules: Rules, now: int, here: str) -> Know:
        person = know.person or self.who
        match step:
            case Identify():
                first = next(a for a in rules.abilities if a.first)
                return replace(know, person=self.who, proofs=(prove(first, now, here),))
            case Authenticate(methods):
                return self._prove(know, self.choose(methods), rules, now, here)
            case Enrol(confirm=EnrolmentProof()) | Change(confirm=EnrolmentProof()):
                return marked(know, Mark.ADDRESS_CONFIRMED)
            case Enrol(methods):
                method = self.choose(methods)
                person = replace(
                    person,
                    enrolled=person.enrolled | {method},
                    enrollable=person.enrollable - {method},
                )
                enrolled = replace(know, person=person)
                return self._prove(enrolled, method, rules, now, here, bootstrap=True)
            case Change() | Keep() | Consent():
                return marked(know, PUTS[type(step)])
            case Done(others=others):
                more = Mark.ANOTHER_WANTED if others else Mark.DONE_READ | Mark.CODES_WANTED
                return marked(know, more if self.accepts_offers else Mark.DONE_READ)
            case Announce(obstacles=missing, left=left):
                if left is None or (self.accepts_offers and not missing):
                    wanted = NO_MARKS if missing else Mark.ENROLMENT_WANTED
                    return self._answered(know, wanted, Mark.ANNOUNCED)
                waived = replace(person.requirement, due=None, due_since=None, grace=0)
                return replace(know, person=replace(person, requirement=waived))
            case Offer():
                return self._answered(replace(know, offered=True), Mark.OFFER_TAKEN)
        raise AssertionError(f"nobody can obey {step}")

    def _answered(self, know: Know, accepted: Mark, always: Mark = NO_MARKS) -> Know:
        return marked(know, always | (accepted if self.accepts_offers else NO_MARKS))

    def _prove(
        self, know: Know, method: str, rules: Rules, now: int, here: str, bootstrap: bool = False
    ) -> Know:
        ability = next(a for a in rules.abilities if a.method == method)
        # What was set up in this sign-in stays so, however often it is proved in it.
        again = any(
            p.method == method and p.bootstrap and p.interaction == here for p in know.proofs
        )
        proof = prove(ability, now, here, bootstrap=bootstrap or again)
        return replace(know, proofs=(*know.proofs, proof))


def marked(know: Know, marks: Mark) -> Know:
    """Return what is known once `marks` are put, too."""
    return replace(know, marks=know.marks | marks)


def step(ask: Ask, person: Person | None, *proofs: Proof, **known: Any) -> Step:
    """Return the next step for a person with these proofs; `rules` may be given as well."""
    rules = known.pop("rules", RULES)
    return next_step(replace(ask, interaction=HERE), Know(person, proofs, **known), rules, NOW)


def finish(ask: Ask, person: Person, *proofs: Proof, **known: Any) -> Finish:
    """Return the Finish that must come at once."""
    end = step(ask, person, *proofs, **known)
    assert isinstance(end, Finish), end
    return end


def walk(ask: Ask, someone: Obedient) -> tuple[list[Step], Know]:
    """Return the steps that someone no one knows yet is led through, and what is known then."""
    walked = list(someone.walk(replace(ask, interaction=HERE), Know()))
    return [taken for taken, _, _ in walked], walked[-1][1]


def strongest(levels: Sequence[Level], proofs: Sequence[Proof], now: int) -> Level | None:
    """Return the strongest of `levels` that `proofs` satisfy."""
    return assurance.reached(levels, lambda level: assurance.holds(level, proofs, now))
