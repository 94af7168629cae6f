"""Codes by text message to the number on the profile: a restricted authenticator (SP 800-63B-4)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from idp.authenticators import identifiers
from idp.authenticators.base import Attempt, Authenticator, Rejected, Verified
from idp.authenticators.carrier_codes import texted_codes
from idp.authenticators.codes import VOICE, mask_phone
from idp.crypto import Keyring, random_token, same
from idp.language import _, english
from idp.messages import Post
from idp.messages.carriers.reports import told
from idp.policy.types import Ability, Factor, Trait
from idp.settings.values import Settings
from idp.store import credentials
from idp.store.db import Work
from idp.store.people import PersonRow, contacts

PURPOSE = "sms-code"
CALL = "call"
"""The way of sending in which the code is read out."""


class Sms(Authenticator):
    """Something one has: a phone that receives messages at the number on the profile."""

    ability = Ability(
        "sms", ("sms",), frozenset({Factor.POSSESSION}), traits=frozenset({Trait.TELEPHONE})
    )
    title = _("Text message")
    noun = _("text messages")
    text = _("We send a code to the number on your profile. An authenticator app is safer.")
    next_time = _("a code by text message")
    alternative = _("Use a text message instead")
    page_title = _("Enter the code from a text message")
    enrolment_title = _("Set up text messages")
    cannot = _("Not your number, or not with you?")
    one_page = True
    sends = ("sms", PURPOSE)
    on_number = True

    def __init__(self, settings: Settings, keyring: Keyring, post: Post) -> None:
        self._keyring = keyring
        self._settings = settings
        self._codes = texted_codes(settings, keyring, post, PURPOSE)
        self._reported = told(settings)

    @property
    def in_service(self) -> bool:
        return self._settings.sms.backend != "off"

    def enrollable(self, person: PersonRow) -> bool:
        return self.method not in person.methods and self.renewable(person)

    def renewable(self, person: PersonRow) -> bool:
        sms, number = self._settings.sms, person.phone
        if not self.in_service or number is None:
            return False
        return identifiers.reachable(number, sms.countries, sms.number_types)

    def page(self, attempt: Attempt) -> dict[str, Any]:
        if not self.in_service:
            return {"state": "off", "title": _("Text messages are switched off")}
        page = self._codes.page(attempt.work, attempt.interaction, attempt.person)
        number, digits = attempt.person.phone or "", self._settings.sms.show_digits
        ready = page["state"] == "ready"
        title = _("Get a code by text message") if ready else self.page_title
        return {
            **page,
            "number": mask_phone(number, digits),
            "ending": number[-digits:] if digits else "",
            "title": _("Enter the code from the call") if page["called"] else title,
            "reported": self._reported,
            "can_call": self._settings.sms.voice and not ready,
        }

    def enrolment_page(self, attempt: Attempt) -> dict[str, Any]:
        return {**self.page(attempt), "title": self.enrolment_title}

    def send(self, attempt: Attempt) -> str | Rejected | None:
        number = attempt.person.phone
        if number is None:
            return Rejected("no number", _("There is no mobile number on your profile."))
        host = urlsplit(self._settings.server.issuer).hostname
        values = {"brand": self._settings.brand.name, "host": host}
        work, call = attempt.work, attempt.way == CALL
        if call and not self._codes.asked(work, attempt.interaction):
            return Rejected("no call before a message", _("Ask for a text message first."))
        return self._codes.send(
            work, attempt.interaction, attempt.person, number, values, call=call
        )

    def malformed(self, form: Mapping[str, str]) -> Rejected | None:
        return self._codes.malformed(form.get("code", ""))

    def verify(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        number = attempt.person.phone or ""
        for credential in credentials.of(attempt.work, attempt.person.id, self.method):
            bound = self._keyring.open(credential.secret, credential.place).decode()
            if not same(bound, number):
                # The number on the profile was changed: it is inert until proved again.
                continue
            used = self._use(attempt, form)
            if isinstance(used, Rejected):
                return used
            if credentials.mark_used(attempt.work, credential.id):
                return Verified(credential.id, self._shown(used))
        return Rejected("no number is set up", _("Text messages are not set up for you."))

    def finish_enrolment(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        used = self._use(attempt, form)
        if isinstance(used, Rejected):
            return used
        credentials.remove_method(attempt.work, attempt.person.id, self.method)
        credential_id = self.add(attempt.work, attempt.person, random_token(16))
        contacts.mark_phone_verified(attempt.work, attempt.person.id, attempt.person.phone or "")
        return Verified(credential_id, self._shown(used))

    def rebind(self, work: Work, person: PersonRow, channel: str) -> Verified | None:
        rows = credentials.of(work, person.id, self.method)
        bound = [self._keyring.open(row.secret, row.place).decode() for row in rows]
        if all(same(number, person.phone or "") for number in bound):
            return None
        if not credentials.remove_method(work, person.id, self.method):
            return None
        return Verified(self.add(work, person, random_token(16)), self._shown(channel))

    def _use(self, attempt: Attempt, form: Mapping[str, str]) -> str | Rejected:
        typed = form.get("code", "")
        number = attempt.person.phone or ""
        work, interaction, person = attempt.work, attempt.interaction, attempt.person
        judged = self._codes.judge(work, interaction, person, number, typed)
        if isinstance(judged, Rejected):
            return judged
        return attempt.lock() or self._codes.claim(work, interaction, person, number, judged)

    def _shown(self, channel: str) -> Ability:
        """Return what was proved: a code that was read out is `tel` (RFC 8176 2), not `sms`."""
        return replace(self.ability, amr=("tel",)) if channel == VOICE else self.ability

    def add(self, work: Work, person: PersonRow, credential_id: str) -> str:
        """Bind the number on the profile and return the credential's id."""
        number = (person.phone or "").encode()
        credentials.add(
            work,
            credential_id=credential_id,
            person_id=person.id,
            method=self.method,
            label=english(self.title),
            secret=self._keyring.seal(number, credentials.place(credential_id)),
        )
        return credential_id
