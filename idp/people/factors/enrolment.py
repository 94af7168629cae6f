"""Setting up a factor in a sign-in: once its possession is proved, it counts.

What comes before a first second factor is `people.factors.first_proof`. Used by the hosted pages
only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from idp import audit
from idp.audit import Event
from idp.authenticators.base import Authenticator, Rejected
from idp.messages import Post, links, notices
from idp.messages.links import Purpose
from idp.messages.notices import Notice
from idp.policy.reach import asks_enrolled
from idp.policy.steps import Enrol
from idp.signin.interaction import Interaction, Proved
from idp.signin.sign_in import SignIn
from idp.store import changes, next_sign_in, people, waiting
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.rollout import notices as rollout_notices
from idp.store.signin import interactions


class Enrolment:
    """Enrolment during a sign-in, on the same interaction."""

    def __init__(self, signin: SignIn, post: Post) -> None:
        self._signin = signin
        self._admission = signin.admission
        self._post = post

    def step(self, work: Work, interaction: Interaction) -> Enrol | None:
        """Return the Enrol step if it is its turn."""
        step = self._signin.next_step(work, interaction)
        return step if isinstance(step, Enrol) else None

    def choices(self, step: Enrol) -> list[Authenticator]:
        """Return the methods that would do, in the order offered: the recommended one first."""
        return self.ordered(step.methods)

    def ordered(self, methods: Iterable[str]) -> list[Authenticator]:
        """Return methods in the order in which they are offered to be set up."""
        found = [self._signin.authenticators[method] for method in methods]
        return sorted(found, key=lambda one: not self.recommends(one))

    def recommends(self, authenticator: Authenticator) -> bool:
        """Return True of the one that the installation recommends."""
        return authenticator.method == self._signin.settings.enrolment.recommended

    def authenticator(
        self, work: Work, interaction: Interaction, method: str
    ) -> Authenticator | None:
        """Return the method's authenticator if it may be set up now."""
        step = self.step(work, interaction)
        if step is None or step.confirm or method not in step.methods:
            return None
        return self._signin.authenticators[method]

    def page(
        self, work: Work, interaction: Interaction, authenticator: Authenticator
    ) -> dict[str, Any]:
        """Return what the method's enrolment page shows, beginning the enrolment if need be."""
        attempt = self._signin.proving.attempt(work, interaction, _person(interaction))
        pending = authenticator.begin_enrolment(attempt)
        if pending is not None:
            interactions.set_pending(work, interaction.id, attempt.person.id, pending.data)
            row = interactions.find(work, interaction.id)
            attempt = type(attempt)(
                work, interaction.id, attempt.person, row.pending if row else None
            )
        return authenticator.enrolment_page(attempt)

    def send(
        self, work: Work, interaction: Interaction, method: str, way: str = ""
    ) -> str | Rejected | None:
        """Let the method send what proves possession. None: not its turn."""
        authenticator = self.authenticator(work, interaction, method)
        if authenticator is None:
            return None
        attempt = self._signin.proving.attempt(work, interaction, _person(interaction))
        return authenticator.send(replace(attempt, way=way))

    def finish(
        self,
        work: Work,
        interaction: Interaction,
        method: str,
        form: Mapping[str, str],
    ) -> Proved | Rejected | None:
        """Try the proof of possession: a Credential and a Proof, marked as bootstrap."""
        authenticator = self.authenticator(work, interaction, method)
        if authenticator is None:
            return None
        person = _person(interaction)
        attempt = self._signin.proving.attempt(work, interaction, person)
        attempt = replace(attempt, again=lambda: self._still(work, interaction, method))
        verdict = self._admission.guess(
            work,
            self._admission.key(f"enrol-{method}", person.id),
            interaction.subject(),
            lambda: authenticator.finish_enrolment(attempt, form),
            what=method,
            malformed=authenticator.malformed(form),
        )
        if isinstance(verdict, Rejected):
            return verdict
        self.settle(work, person.id)
        self._tell(work, interaction, person, authenticator)
        waiting.added(work, person.id, method)
        replaced = method in person.methods and not authenticator.several
        changes.note(
            work,
            person.id,
            changes.REPLACED if replaced else changes.ADDED,
            method=method,
            credential_id=verdict.credential,
        )
        proof = authenticator.proof(interaction.id, verdict, bootstrap=True)
        return self._signin.proving.proved(work, interaction, person, proof, form)

    def _still(self, work: Work, interaction: Interaction, method: str) -> bool:
        now = self._signin.locked(work, interaction)
        return now is not None and self.authenticator(work, now, method) is not None

    def settle(self, work: Work, person_id: str) -> None:
        """A factor was set up: if it does for what was due, tickets for another end."""
        person, rules = people.by_id(work, person_id), self._signin.rules
        if person is None:
            return
        facts = self._signin.facts.of(work, person)
        if rules.ask_enrolled is None or asks_enrolled(facts, rules):
            next_sign_in.settle_enrolment(work, person_id)
            links.void(work, person_id, Purpose.ENROL)

    def _tell(
        self,
        work: Work,
        interaction: Interaction,
        person: PersonRow,
        added: Authenticator,
    ) -> None:
        audit.record(
            work,
            Event.FACTOR_ADDED,
            person=person.id,
            client=interaction.demand.client_id,
            interaction=interaction.id,
            reason=added.method,
        )
        rollout_notices.mark_opened(work, person.id)
        notices.tell(
            work,
            self._post,
            self._signin.settings,
            person,
            Notice.FACTOR_ADDED,
            method_text=added.title,
        )


def _person(interaction: Interaction) -> PersonRow:
    assert interaction.person is not None, "enrolment follows identification"
    return interaction.person
