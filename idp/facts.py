"""What the policy needs to know of a person: enrolled, enrollable, and what the rollout demands.

Owns the reading of these facts from rows and settings; what follows from them `policy` decides.
"""

from idp import clock
from idp.authenticators.base import Authenticator
from idp.policy import rollout
from idp.policy.types import Person, Rules
from idp.settings import Settings
from idp.store import stages
from idp.store.db import Work
from idp.store.people import PersonRow


class Facts:
    """Facts about people, with the rollout's stages kept for a few seconds."""

    def __init__(
        self, settings: Settings, rules: Rules, authenticators: dict[str, Authenticator]
    ) -> None:
        self._proof = settings.enrolment.proof
        self._seconds = settings.oidc.cache
        self._rules = rules
        self._authenticators = authenticators
        self._kept: tuple[int, tuple[rollout.Stage, ...]] = (-(10**9), ())

    def of(self, work: Work, person: PersonRow) -> Person:
        """Return what the policy needs of a person."""
        levels, found = self._rules.levels, self.stages(work)
        return Person(
            id=person.id,
            disabled=person.disabled_at is not None,
            enrolled=person.methods,
            enrollable=self._enrollable(person),
            requirement=rollout.requirement(found, person.user_type, levels, clock.now()),
        )

    def _enrollable(self, person: PersonRow) -> frozenset[str]:
        firsts = {a.method for a in self._rules.abilities if a.first}
        if not person.methods - firsts and not self.can_confirm_address(person):
            return frozenset()
        return frozenset(m for m, a in self._authenticators.items() if a.enrollable(person))

    def can_confirm_address(self, person: PersonRow) -> bool:
        """Say whether the proof that comes before a first second factor can be asked at all."""
        verified = {"email": person.email_verified, "sms": person.phone_verified}
        return verified.get(self._proof, True)

    def stages(self, work: Work) -> tuple[rollout.Stage, ...]:
        """Return the rollout's stages, from this process's copy for a few seconds."""
        read_at, found = self._kept
        now = clock.now()
        if not 0 <= now - read_at < self._seconds:
            found = stages.everything(work)
            self._kept = (now, found)
        return found
