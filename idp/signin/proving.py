"""Proving in a sign-in: an answer is tried when it is its turn, and what it proves is kept.

Owns whose turn it is, counting the guess, and the rotation of the session by each proof. It never
says what comes next (`sign_in` asks the policy) and never names a method.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from idp import audit
from idp.audit import Event
from idp.authenticators.base import Attempt, Authenticator, Kind, Rejected
from idp.policy.steps import Authenticate, Identify, Step
from idp.policy.types import Proof
from idp.signin import sessions
from idp.signin.admission import Admission
from idp.signin.interaction import Interaction, Proved
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.signin import interactions
from idp.store.signin import proofs as proof_store


class Proving:
    """All that turns an answer into a proof, for one installation."""

    def __init__(
        self,
        authenticators: Mapping[str, Authenticator],
        admission: Admission,
        next_step: Callable[[Work, Interaction], Step],
    ) -> None:
        self._authenticators = authenticators
        self._admission = admission
        self._next_step = next_step

    def attempt(self, work: Work, interaction: Interaction, person: PersonRow) -> Attempt:
        """Return the value that authenticators work on."""
        pending = interaction.row.pending if interaction.row else None
        return Attempt(work, interaction.id, person, pending)

    def first_page(self, work: Work, interaction: Interaction, *, known: bool) -> dict[str, Any]:
        """Return what the methods that may begin a sign-in add to its first page."""
        person = interaction.person if known else None
        values: dict[str, Any] = {}
        for authenticator in self._authenticators.values():
            usable = person is None or authenticator.method in person.methods
            if authenticator.ability.first and usable:
                values |= authenticator.sign_in_page(interaction.id, person, work)
        return values

    def prove(
        self, work: Work, interaction: Interaction, method: str, form: Mapping[str, str]
    ) -> Proved | Rejected | None:
        """Try an answer. None: it was not this method's turn, look at the next step again."""
        authenticator = self._authenticators.get(method)
        step = self._next_step(work, interaction)
        if authenticator is None or not _its_turn(authenticator, step):
            return None
        malformed = authenticator.malformed(form)
        if malformed is not None:
            return malformed
        person, name = interaction.person, interaction.username
        if isinstance(step, Identify):
            name, person = authenticator.identify(work, form)
            if not name:
                return Rejected("no name", authenticator.unnamed, Kind.MALFORMED)
        subject = interaction.subject(person)
        begins = not isinstance(step, Authenticate) or step.begins
        verdict = self._admission.guess(
            work,
            self._admission.key(method, subject.person, name),
            subject,
            lambda: self._verify(work, interaction, authenticator, (person, name), form, begins),
            guessable=authenticator.guessable,
        )
        if isinstance(verdict, Rejected):
            return verdict
        person, proof = verdict
        if isinstance(step, Identify):
            interactions.identify(work, interaction.id, person.id, name)
        return self.proved(work, interaction, person, proof, form)

    def _verify(
        self,
        work: Work,
        interaction: Interaction,
        authenticator: Authenticator,
        who: tuple[PersonRow | None, str],
        form: Mapping[str, str],
        begins: bool,
    ) -> tuple[PersonRow, Proof] | Rejected:
        person, name = who
        # Who signs in at a page of another's sign-in takes it over (`interactions.identify`).
        before = interaction.person.id if interaction.person else ""
        if person is None:
            met = authenticator.introduce(work, name, form)
            if isinstance(met, Rejected):
                return met
            person, known = met
            attempt = replace(self.attempt(work, interaction, person), first=begins, before=before)
            verdict = attempt.lock() or known
        else:
            attempt = replace(self.attempt(work, interaction, person), first=begins, before=before)
            verdict = authenticator.verify(attempt, form)
        if isinstance(verdict, Rejected):
            return verdict
        return person, authenticator.proof(interaction.id, verdict)

    def repeat(
        self, work: Work, interaction: Interaction, method: str, form: Mapping[str, str]
    ) -> Proved:
        """Answer the second copy of a form that was sent twice: a session id, nothing more."""
        return Proved(_rotated(work, interaction, method, form))

    def proved(
        self,
        work: Work,
        interaction: Interaction,
        person: PersonRow,
        proof: Proof,
        form: Mapping[str, str],
        *,
        at: str | None = None,
    ) -> Proved:
        """Keep a proof, tell of it, and rotate the session.

        `at`: what `repeat` is given for a copy of this form, where that is not the method.
        """
        assert interaction.session is not None
        proof_store.add(work, person.id, interaction.session.id, proof)
        audit.record(
            work,
            Event.FACTOR_PROVED,
            person=person.id,
            client=interaction.demand.client_id,
            interaction=interaction.id,
            amr=proof.amr,
            reason=f"{proof.method}{' (at enrolment)' if proof.bootstrap else ''}",
        )
        return Proved(_rotated(work, interaction, proof.method if at is None else at, form))

    def send(
        self, work: Work, interaction: Interaction, method: str, way: str = ""
    ) -> str | Rejected | None:
        """Let a method send its challenge: the outbox id, or Rejected. None: not its turn."""
        authenticator = self._authenticators.get(method)
        step = self._next_step(work, interaction)
        if authenticator is None or interaction.person is None:
            return None
        if not _its_turn(authenticator, step):
            return None
        attempt = self.attempt(work, interaction, interaction.person)
        return authenticator.send(replace(attempt, way=way))


def _rotated(work: Work, interaction: Interaction, method: str, form: Mapping[str, str]) -> str:
    session = interaction.session
    assert session is not None
    answer = sessions.answer_digest(session, interaction.id, method, form)
    return sessions.rotate(work, session, answer)


def _its_turn(authenticator: Authenticator, step: Step) -> bool:
    if isinstance(step, Identify):
        return authenticator.ability.first
    return isinstance(step, Authenticate) and authenticator.method in step.methods
