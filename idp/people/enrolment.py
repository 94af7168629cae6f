"""Setting up a factor in a sign-in: the address is confirmed, possession proved, then it counts.

Someone who merely knows a password must not be able to bind the first second factor; so a code sent
to the verified address or number (`policy.steps.EnrolmentProof`) comes first. Used by the hosted
pages only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from idp import audit
from idp.audit import Event
from idp.authenticators.base import Authenticator, Rejected
from idp.authenticators.carrier_codes import texted_codes
from idp.authenticators.codes import Codes, mask_email, mask_phone
from idp.messages import Post, links, notices
from idp.messages.links import Purpose
from idp.messages.notices import Notice
from idp.policy.reach import asks_enrolled
from idp.policy.steps import Change, Enrol, EnrolmentProof, Mark
from idp.policy.types import Person
from idp.signin.interaction import Interaction, Proved
from idp.signin.sign_in import SignIn
from idp.store import changes, next_sign_in, people, spent, waiting
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.rollout import notices as rollout_notices
from idp.store.signin import interactions, marks


class Enrolment:
    """Enrolment during a sign-in, on the same interaction."""

    def __init__(self, signin: SignIn, post: Post) -> None:
        settings = signin.settings
        keyring, mail = signin.keyring, settings.mail
        self._signin = signin
        self._admission = signin.admission
        self._post = post
        self.codes = {
            EnrolmentProof.EMAIL: Codes(
                post, keyring, "address-code", "mail", mail.code_lifetime, mail.per_hour
            ),
            EnrolmentProof.SMS: texted_codes(settings, keyring, post, "sms-proof-code"),
        }

    def step(self, work: Work, interaction: Interaction) -> Enrol | None:
        """Return the Enrol step if it is its turn."""
        step = self._signin.next_step(work, interaction)
        return step if isinstance(step, Enrol) else None

    def confirming(self, work: Work, interaction: Interaction) -> Enrol | Change | None:
        """Return the step if it is the turn of a code to what was confirmed before."""
        step = self._signin.next_step(work, interaction)
        return step if isinstance(step, Enrol | Change) and step.confirm else None

    def possible(self, facts: Person) -> bool:
        """Return True if a first second factor could be set up in a sign-in at all."""
        codes = self.codes.get(facts.requirement.proof)
        return bool(facts.enrollable) and (codes is None or codes.available)

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

    # -- the address

    def address_page(
        self, work: Work, interaction: Interaction, step: Enrol | Change
    ) -> dict[str, Any]:
        """Return what the page about the confirmation code shows, while it is its turn."""
        person, proof = _person(interaction), _proof(step)
        codes = self.codes[proof]
        digits = self._signin.settings.sms.show_digits
        by_sms = proof is EnrolmentProof.SMS
        masked = mask_phone(person.phone or "", digits) if by_sms else mask_email(person.email)
        return {
            "address": masked,
            "mailed": not by_sms,
            "changing": interaction.demand.wish is not None,
            "confirms": None if _confirmed(person, proof) else codes.channel,
            **codes.page(work, interaction.id, person),
        }

    def arrive(
        self, work: Work, interaction: Interaction, step: Enrol | Change
    ) -> str | Rejected | None:
        """Mail the confirmation code to whoever comes to its page, whose turn it is.

        Once in a sign-in to one address, and within every limit; who comes again has a button. A
        text message costs money, so it waits for its button. None: nothing is to be sent.
        """
        proof = _proof(step)
        if proof is not EnrolmentProof.EMAIL or not self._claim_first(work, interaction, proof):
            return None
        return self.send_address_code(work, interaction)

    def _claim_first(self, work: Work, interaction: Interaction, proof: EnrolmentProof) -> bool:
        person, lifetime = _person(interaction), self._signin.settings.interaction.lifetime
        parts = (interaction.id, person.id, _to(person, proof))
        return spent.claim(work, self.codes[proof].purpose, *parts, lifetime=lifetime)

    def send_address_code(self, work: Work, interaction: Interaction) -> str | Rejected | None:
        """Send the confirmation code. None: not its turn."""
        step = self.confirming(work, interaction)
        if step is None:
            return None
        person, proof = _person(interaction), _proof(step)
        self._claim_first(work, interaction, proof)
        application = interaction.demand.application
        values: dict[str, Any] = {
            "brand": self._signin.settings.brand.name,
            "changing": interaction.demand.wish is not None,
        }
        if proof is EnrolmentProof.SMS:
            values["host"] = urlsplit(self._signin.settings.server.issuer).hostname
        else:
            values |= {
                "name": person.name,
                "client": application.name if application else None,
                **self._signin.settings.brand.support,
            }
        return self.codes[proof].send(work, interaction.id, person, _to(person, proof), values)

    def confirm_address(
        self, work: Work, interaction: Interaction, form: Mapping[str, str]
    ) -> Rejected | None:
        """Try the confirmation code; None when it was right, or not its turn."""
        step = self.confirming(work, interaction)
        if step is None:
            return None
        person, proof, typed = _person(interaction), _proof(step), form.get("code", "")
        codes = self.codes[proof]
        used = self._admission.guess(
            work,
            self._admission.key(codes.purpose, person.id),
            interaction.subject(),
            lambda: self._use(work, interaction, proof, typed),
            malformed=codes.malformed(typed),
        )
        if isinstance(used, Rejected):
            return used
        marks.put(work, interaction.id, person.id, Mark.ADDRESS_CONFIRMED)
        first = not _confirmed(person, proof)
        if first:
            _confirm_profile(work, person, proof)
        audit.record(
            work,
            Event.ADDRESS_CONFIRMED,
            person=person.id,
            interaction=interaction.id,
            reason=codes.channel + (", never confirmed before" if first else ""),
        )
        return None

    def _use(
        self, work: Work, interaction: Interaction, proof: EnrolmentProof, typed: str
    ) -> Rejected | None:
        person = _person(interaction)
        codes, to = self.codes[proof], _to(person, proof)
        judged = codes.judge(work, interaction.id, person, to, typed)
        if isinstance(judged, Rejected):
            return judged
        ended = self._signin.proving.attempt(work, interaction, person).lock()
        if ended is not None:
            return ended
        used = codes.claim(work, interaction.id, person, to, judged)
        return used if isinstance(used, Rejected) else None

    # -- the factor

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


def _confirmed(person: PersonRow, proof: EnrolmentProof) -> bool:
    return person.phone_verified if proof is EnrolmentProof.SMS else person.email_verified


def _to(person: PersonRow, proof: EnrolmentProof) -> str:
    return (person.phone or "") if proof is EnrolmentProof.SMS else person.email


def _confirm_profile(work: Work, person: PersonRow, proof: EnrolmentProof) -> None:
    """Note what the code has proved of what stood unconfirmed on the profile."""
    if proof is EnrolmentProof.SMS:
        people.mark_phone_verified(work, person.id, person.phone or "")
    else:
        people.mark_email_verified(work, person.id, person.email)


def _proof(step: Enrol | Change) -> EnrolmentProof:
    assert step.confirm is not None, "asked only where something must come back"
    return step.confirm


def _person(interaction: Interaction) -> PersonRow:
    assert interaction.person is not None, "enrolment follows identification"
    return interaction.person
