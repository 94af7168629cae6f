"""What takes no answer of whom, right as the answer may be: shut for good, or bound to nothing.

A forecast imagines that people answer; this says where they cannot. In a browser that a person has
signed in with guesses are counted apart, so someone who is shut out here may still get in there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from idp.authenticators.base import Authenticator
from idp.crypto import same
from idp.people.factors.first_proof import FirstProof
from idp.policy.readiness import NOTHING, Closed
from idp.policy.steps import EnrolmentProof, Obstacle
from idp.policy.throttling import throttle_keys
from idp.policy.types import Trait
from idp.signin.sign_in import SignIn
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.rollout import standing
from idp.store.rollout.standing import Span

_SET_UP = "enrol-"
"""How the counters of set-ups begin (`people.factors.enrolment`)."""


@dataclass(frozen=True)
class Page:
    """What was read of the people of one page."""

    coded: frozenset[str] = frozenset()
    bound: Mapping[str, Mapping[str, list[tuple[str, bytes]]]] = field(default_factory=dict)
    """The sealed numbers that a method was set up with, by method and person."""


class Answers:
    """What takes an answer, for one installation."""

    def __init__(self, signin: SignIn, first_proof: FirstProof) -> None:
        self._keyring = signin.keyring
        self._limit = signin.admission.guesses.limit
        self._codes = first_proof.codes
        self._known = signin.authenticators
        self._spare = _having(signin.authenticators.values(), Trait.RECOVERY)
        self._on_number = [a for a in signin.authenticators.values() if a.on_number]

    def shut(self, work: Work) -> dict[str, frozenset[str]]:
        """Return what is shut for good, by person: methods, set-ups, and the code before one."""
        found: dict[str, set[str]] = {}
        for key in standing.shut(work, self._limit):
            what, _, person_id = key.rpartition(":")
            if len(person_id) == throttle_keys.PERSON_LENGTH:
                found.setdefault(person_id, set()).add(what)
        return {person_id: frozenset(counters) for person_id, counters in found.items()}

    def page(self, work: Work, span: Span) -> Page:
        """Read what is needed of the people of one page."""
        bound = {
            method.method: standing.secrets(work, span, method.method)
            for method in self._on_number
            if method.in_service
        }
        return Page(standing.with_codes(work, span), bound)

    def closed(
        self, person: PersonRow, first: EnrolmentProof, page: Page, shut: frozenset[str]
    ) -> Closed:
        """Return what takes no answer of a person, of whom these counters are shut.

        `first` is what must come back before a first second factor.
        """
        answers = dict.fromkeys(shut & person.methods, Obstacle.FACTOR_SHUT)
        if person.id not in page.coded:
            answers |= dict.fromkeys(self._spare & person.methods, Obstacle.FACTOR_SHUT)
        for one in self._on_number:
            reason = self._number(one, person, page)
            if reason is not None:
                answers[one.method] = reason
        set_ups = frozenset(key.removeprefix(_SET_UP) for key in shut if key.startswith(_SET_UP))
        proof = self._proof(first, shut)
        return Closed(answers, set_ups, proof) if answers or set_ups or proof else NOTHING

    def _proof(self, first: EnrolmentProof, shut: frozenset[str]) -> Obstacle | None:
        codes = self._codes.get(first)
        if codes is None:
            return None
        if not codes.available:
            return Obstacle.NO_WAY
        return Obstacle.FACTOR_SHUT if codes.purpose in shut else None

    def _number(self, one: Authenticator, person: PersonRow, page: Page) -> Obstacle | None:
        """Say why no code comes, though the method is set up."""
        if one.method not in person.methods or not one.in_service:
            return None
        if person.phone is None:
            return Obstacle.NO_NUMBER
        if not one.renewable(person):
            return Obstacle.NUMBER_GETS_NO_MESSAGES
        sealed = page.bound.get(one.method, {}).get(person.id, [])
        opened = (self._keyring.open(secret, place).decode() for place, secret in sealed)
        moved = not any(same(number, person.phone) for number in opened)
        return Obstacle.UNCONFIRMED_NUMBER if moved else None


def _having(authenticators: Iterable[Authenticator], trait: Trait) -> frozenset[str]:
    return frozenset(a.method for a in authenticators if trait in a.ability.traits)
