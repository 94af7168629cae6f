"""What the policy needs to know of a person: enrolled, enrollable, and what the rollout demands.

Owns the reading of these facts from rows and settings; what follows from them `policy` decides.
"""

from idp import clock
from idp.authenticators import identifiers
from idp.authenticators.base import Authenticator
from idp.policy import rollout
from idp.policy import waiting as waits
from idp.policy.types import Number, Person, Rules, Trait
from idp.policy.waiting import Verdict, Waiting, What
from idp.settings.values import Settings
from idp.signin.demand import EMAIL, Wish
from idp.store import stages, waiting
from idp.store.db import Work
from idp.store.people import PersonRow
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


class Facts:
    """Facts about people, with the rollout's stages kept for a few seconds."""

    def __init__(
        self, settings: Settings, rules: Rules, authenticators: dict[str, Authenticator]
    ) -> None:
        self._proof = settings.enrolment.proof
        self._trusts_import = settings.enrolment.unconfirmed == "code"
        self._sms = settings.sms
        self._seconds = settings.oidc.cache
        self._rules = rules
        self._authenticators = authenticators
        self._remembered = frozenset(a.method for a in rules.abilities if a.remembered)
        self._texted = frozenset(a.method for a in rules.abilities if Trait.TELEPHONE in a.traits)
        self._kept: tuple[int, tuple[rollout.Stage, ...]] = (-(10**9), ())

    def of(self, work: Work, person: PersonRow) -> Person:
        """Return what the policy needs of a person."""
        levels, found = self._rules.levels, self.stages(work)
        usable, enrollable = self._usable(person), self._enrollable(person)
        renewable = frozenset(m for m in usable if self._renewable(m, person))
        return Person(
            id=person.id,
            disabled=person.disabled_at is not None,
            enrolled=usable,
            enrollable=enrollable,
            withdrawn=person.methods - usable,
            renewable=renewable,
            confirmable=self.can_confirm_address(person),
            number=self._number(person, enrollable | renewable),
            password_due=person.password_due_at is not None,
            enrolment_due=person.enrolment_due_at is not None,
            requirement=rollout.requirement(found, person.user_type, levels, clock.now()),
        )

    def _usable(self, person: PersonRow) -> frozenset[str]:
        """Return what is enrolled and not switched off by the installation."""
        known = self._authenticators
        return frozenset(m for m in person.methods if m not in known or known[m].in_service)

    def _enrollable(self, person: PersonRow) -> frozenset[str]:
        second = self._usable(person) - self._remembered
        if not second and not self.can_confirm_address(person):
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

    def can_confirm_address(self, person: PersonRow) -> bool:
        """Return True if the proof that comes before a first second factor can be asked at all."""
        verified = {"email": person.email_verified, "sms": person.phone_verified}
        if verified.get(self._proof, True):
            return True
        return self._trusts_import and self._reached(person)

    def _reached(self, person: PersonRow) -> bool:
        """Return True if a code can be sent to what stands on the profile, confirmed or not."""
        if self._proof != "sms":
            return bool(person.email)
        return self._number(person, frozenset()) is Number.REACHED

    def stages(self, work: Work) -> tuple[rollout.Stage, ...]:
        """Return the rollout's stages, from this process's copy for a few seconds."""
        read_at, found = self._kept
        now = clock.now()
        if not 0 <= now - read_at < self._seconds:
            found = stages.everything(work)
            self._kept = (now, found)
        return found
