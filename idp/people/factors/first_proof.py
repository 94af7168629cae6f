"""What must come back before a first second factor: a code to what stands on the profile.

Someone who merely knows a password must not be able to bind a factor of their own, nor to move
where codes go. What it must be, for whom, `policy.rollout` says; whose turn it is, `policy.decide`.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp import audit
from idp.audit import Event
from idp.authenticators.base import Rejected
from idp.authenticators.carrier_codes import texted_codes
from idp.authenticators.codes import Codes, mask_email, mask_phone
from idp.messages import Post
from idp.policy.steps import Change, Enrol, EnrolmentProof, Mark
from idp.policy.types import Person
from idp.signin.interaction import Interaction
from idp.signin.sign_in import SignIn
from idp.store import spent
from idp.store.db import Work
from idp.store.people import PersonRow, contacts
from idp.store.signin import marks


class FirstProof:
    """The code before a first second factor, for one installation."""

    def __init__(self, signin: SignIn, post: Post) -> None:
        settings = signin.settings
        keyring, mail = signin.keyring, settings.mail
        self._signin = signin
        self._admission = signin.admission
        self.codes = {
            EnrolmentProof.EMAIL: Codes(
                post, keyring, "address-code", "mail", mail.code_lifetime, mail.per_hour
            ),
            EnrolmentProof.SMS: texted_codes(settings, keyring, post, "sms-proof-code"),
        }

    def confirming(self, work: Work, interaction: Interaction) -> Enrol | Change | None:
        """Return the step if it is the turn of a code to what was confirmed before."""
        step = self._signin.next_step(work, interaction)
        return step if isinstance(step, Enrol | Change) and step.confirm else None

    def possible(self, facts: Person) -> bool:
        """Return True if a first second factor could be set up in a sign-in at all."""
        codes = self.codes.get(facts.requirement.proof)
        return bool(facts.enrollable) and (codes is None or codes.available)

    def page(self, work: Work, interaction: Interaction, step: Enrol | Change) -> dict[str, Any]:
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
        return self.send(work, interaction)

    def _claim_first(self, work: Work, interaction: Interaction, proof: EnrolmentProof) -> bool:
        person, lifetime = _person(interaction), self._signin.settings.interaction.lifetime
        parts = (interaction.id, person.id, _to(person, proof))
        return spent.claim(work, self.codes[proof].purpose, *parts, lifetime=lifetime)

    def send(self, work: Work, interaction: Interaction) -> str | Rejected | None:
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

    def confirm(
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


def _confirmed(person: PersonRow, proof: EnrolmentProof) -> bool:
    return person.phone_verified if proof is EnrolmentProof.SMS else person.email_verified


def _to(person: PersonRow, proof: EnrolmentProof) -> str:
    return (person.phone or "") if proof is EnrolmentProof.SMS else person.email


def _confirm_profile(work: Work, person: PersonRow, proof: EnrolmentProof) -> None:
    """Note what the code has proved of what stood unconfirmed on the profile."""
    if proof is EnrolmentProof.SMS:
        contacts.mark_phone_verified(work, person.id, person.phone or "")
    else:
        contacts.mark_email_verified(work, person.id, person.email)


def _proof(step: Enrol | Change) -> EnrolmentProof:
    assert step.confirm is not None, "asked only where something must come back"
    return step.confirm


def _person(interaction: Interaction) -> PersonRow:
    assert interaction.person is not None, "enrolment follows identification"
    return interaction.person
