"""What the policy needs to know of a person: enrolled, enrollable, and what the rollout demands.

Owns the reading of these facts from rows and settings; what follows from them `policy` decides.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from idp import clock
from idp.authenticators import identifiers
from idp.authenticators.base import Authenticator
from idp.policy import rollout
from idp.policy import waiting as waits
from idp.policy.rollout import Member
from idp.policy.steps import EnrolmentProof
from idp.policy.types import Number, Person, Requirement, Rules, Trait
from idp.policy.waiting import Verdict, Waiting, What
from idp.settings.values import Settings
from idp.signin.demand import EMAIL, Wish
from idp.store import waiting
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.rollout import exceptions, postponements, stages
from idp.store.waiting import WaitingRow


def on_profile(person: PersonRow, wish: Wish | None) -> tuple[bool, bool]:
    """Return True if what is wished for stands on the profile, and whether it was proved."""
    if wish is None:
        return False, False
    if wish.what == EMAIL:
        stands, proved = wish.value == person.email, person.email_verified
    else:
        stands, proved = wish.value == person.phone, person.phone_verified
    return stands, stands and proved


def becomes(row: WaitingRow, used_at: int | None = None) -> Verdict:
    """Say what becomes of a change that waits; `used_at` as for `policy.waiting.verdict`."""
    value = Waiting(What(row.what), row.asked_at, row.due_at)
    return waits.verdict(value, clock.now(), used_at)


def addition_open(work: Work, person_id: str, method: str | None) -> bool:
    """Return True if a way may be added with the weaker proof: asked for, and waited long enough.

    Anyone who adds it asks again with the person locked: it may have been stopped, or done,
    meanwhile.
    """
    rows = waiting.of(work, person_id)
    adds = [row for row in rows if row.what == What.ADD and row.method == method]
    return any(becomes(row) is Verdict.OPEN for row in adds)


PRIVILEGED = frozenset({"owner", "admin"})
"""Roles of this installation whose holders can change what others may do."""


@dataclass(frozen=True)
class Plan:
    """The rollout as it was read at `read_at`: stages, and the exceptions from them by person."""

    read_at: int = -(10**9)
    stages: tuple[rollout.Stage, ...] = ()
    excepted: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def member(person: PersonRow, excepted: Mapping[str, int] | None = None) -> Member:
    """Return what decides which stages reach a person; `excepted` as in `Member`."""
    return Member(
        id=person.id,
        user_type=person.user_type,
        groups=frozenset(person.groups),
        privileged=bool(PRIVILEGED & person.roles),
        excepted=excepted or {},
    )


class Facts:
    """Facts about people, with the rollout's plan kept for a few seconds."""

    def __init__(
        self, settings: Settings, rules: Rules, authenticators: dict[str, Authenticator]
    ) -> None:
        self._trusts_import = settings.enrolment.unconfirmed == "code"
        self._sms = settings.sms
        self._seconds = settings.oidc.cache
        self._rules = rules
        self._authenticators = authenticators
        self._remembered = frozenset(a.method for a in rules.abilities if a.remembered)
        self._texted = frozenset(a.method for a in rules.abilities if Trait.TELEPHONE in a.traits)
        self._kept = Plan()

    def of(self, work: Work, person: PersonRow, sign_ins: Collection[str] = ()) -> Person:
        """Return what the policy needs of a person, in a sign-in that is one of `sign_ins`."""
        return self.held_to(person, self._requirement(work, person, sign_ins))

    def held_to(self, person: PersonRow, requirement: Requirement) -> Person:
        """Return the same of a person of whom the rollout asks `requirement`, now or then."""
        usable, confirmable = self._usable(person), self._confirmable(person, requirement.proof)
        enrollable = self._enrollable(person, usable, confirmable=confirmable)
        renewable = frozenset(m for m in usable if self._renewable(m, person))
        return Person(
            id=person.id,
            disabled=person.disabled_at is not None,
            enrolled=usable,
            enrollable=enrollable,
            withdrawn=person.methods - usable,
            renewable=renewable,
            confirmable=confirmable,
            number=self._number(person, enrollable | renewable),
            password_due=person.password_due_at is not None,
            enrolment_due=person.enrolment_due_at is not None,
            requirement=requirement,
        )

    def _usable(self, person: PersonRow) -> frozenset[str]:
        """Return what is enrolled and not switched off by the installation."""
        known = self._authenticators
        return frozenset(m for m in person.methods if m not in known or known[m].in_service)

    def _enrollable(
        self, person: PersonRow, usable: frozenset[str], *, confirmable: bool
    ) -> frozenset[str]:
        if not usable - self._remembered and not confirmable:
            return frozenset()
        return frozenset(m for m, a in self._authenticators.items() if a.enrollable(person))

    def _renewable(self, method: str, person: PersonRow) -> bool:
        authenticator = self._authenticators.get(method)
        return authenticator is not None and authenticator.renewable(person)

    def _number(self, person: PersonRow, open_to: frozenset[str]) -> Number:
        if person.phone is None:
            return Number.NONE
        if open_to & self._texted:
            # Looked at already, for that.
            return Number.REACHED
        sms = self._sms
        reached = identifiers.reachable(person.phone, sms.countries, sms.number_types)
        return Number.REACHED if reached else Number.UNREACHED

    def _confirmable(self, person: PersonRow, proof: EnrolmentProof) -> bool:
        """Return True if the proof that comes before a first second factor can be asked at all."""
        if proof is EnrolmentProof.NONE:
            return True
        if proof is EnrolmentProof.EMAIL:
            return bool(person.email) and (person.email_verified or self._trusts_import)
        # A number may be confirmed, and get no messages any more.
        reached = self._number(person, frozenset()) is Number.REACHED
        return reached and (person.phone_verified or self._trusts_import)

    def _requirement(self, work: Work, person: PersonRow, sign_ins: Collection[str]) -> Requirement:
        plan, now = self.plan(work), clock.now()
        who = member(person, plan.excepted.get(person.id))
        if rollout.grants_grace(plan.stages, who, now):
            put_off = postponements.of(work, person.id, sign_ins)
            here = dict.fromkeys(put_off.here, 1)
            who = replace(
                who,
                postponed=rollout.with_milder(put_off.times, self._rules),
                waived=frozenset(rollout.with_milder(here, self._rules)),
            )
        return self.demanded(work, who)

    def demanded(self, work: Work, who: Member) -> Requirement:
        """Return what the rollout asks of someone now."""
        stages_now = self.plan(work).stages
        return rollout.requirement(stages_now, who, self._rules, clock.now())

    @property
    def read_last(self) -> Plan:
        """The plan that was read last: what a step just decided was decided by."""
        return self._kept

    def plan(self, work: Work) -> Plan:
        """Return the rollout's plan, from this process's copy for a few seconds."""
        now = clock.now()
        if not 0 <= now - self._kept.read_at < self._seconds:
            excepted: dict[str, dict[str, int]] = {}
            found = stages.everything(work)
            for row in exceptions.holding(work) if found else ():
                excepted.setdefault(row.person_id, {})[row.stage_id] = row.until
            self._kept = Plan(now, found, excepted)
        return self._kept
