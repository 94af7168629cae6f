"""Codes by text message to the number on the profile: a restricted authenticator (SP 800-63B-4)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp.authenticators.base import Attempt, Authenticator, Rejected, Verified
from idp.authenticators.codes import Codes, mask_phone
from idp.crypto import Keyring, random_token, same
from idp.notify import Post
from idp.policy.types import Ability, Factor, Trait
from idp.settings import Settings
from idp.store import people
from idp.store.people import PersonRow


class Sms(Authenticator):
    """Something one has: a phone that receives messages at the number on the profile."""

    ability = Ability(
        "sms", ("sms",), frozenset({Factor.POSSESSION}), traits=frozenset({Trait.TELEPHONE})
    )
    title = "Text message"
    text = "We send a code to the number on your profile. An authenticator app is safer."
    alternative = "Use a text message instead"
    page_title = "Enter the code from a text message"
    enrolment_title = "Set up text messages"

    def __init__(self, settings: Settings, keyring: Keyring, post: Post) -> None:
        self._keyring = keyring
        self._settings = settings
        self._codes = Codes(
            post, keyring, "sms-code", "sms", settings.sms.code_lifetime, settings.sms.per_hour
        )

    def enrollable(self, person: PersonRow) -> bool:
        return (
            self._settings.sms.backend != "off"
            and person.phone is not None
            and self.method not in person.methods
        )

    def page(self, attempt: Attempt) -> dict[str, Any]:
        state = self._codes.state(attempt.work, attempt.interaction)
        number = mask_phone(attempt.person.phone or "")
        title = "Get a code by text message" if state == "ready" else self.page_title
        return {"number": number, "state": state, "title": title}

    def enrolment_page(self, attempt: Attempt) -> dict[str, Any]:
        return {**self.page(attempt), "title": self.enrolment_title}

    def send(self, attempt: Attempt) -> str | Rejected | None:
        number = attempt.person.phone
        if number is None:
            return Rejected("no number", "There is no mobile number on your profile.")
        host = urlsplit(self._settings.server.issuer).hostname
        values = {"brand": self._settings.brand.name, "host": host}
        return self._codes.send(attempt.work, attempt.interaction, attempt.person, number, values)

    def malformed(self, form: Mapping[str, str]) -> Rejected | None:
        return self._codes.malformed(form.get("code", ""))

    def verify(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        number = attempt.person.phone or ""
        for credential in people.credentials(attempt.work, attempt.person.id, self.method):
            bound = self._keyring.open(credential.secret, credential.place).decode()
            if not same(bound, number):
                # The number on the profile was changed: it is inert until proved anew.
                continue
            wrong = self._check(attempt, form)
            if wrong is not None:
                return wrong
            if people.mark_used(attempt.work, credential.id):
                return Verified(credential.id)
        return Rejected("no number is set up", "Text messages are not set up for you.")

    def finish_enrolment(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        wrong = self._check(attempt, form)
        if wrong is not None:
            return wrong
        credential_id = self.add(attempt.work, attempt.person, random_token(16))
        people.mark_phone_verified(attempt.work, attempt.person.id)
        return Verified(credential_id)

    def _check(self, attempt: Attempt, form: Mapping[str, str]) -> Rejected | None:
        typed = form.get("code", "")
        return self._codes.check(attempt.work, attempt.interaction, attempt.person, typed)

    def add(self, work: Any, person: PersonRow, credential_id: str) -> str:
        """Bind the number on the profile and return the credential's id."""
        number = (person.phone or "").encode()
        people.add_credential(
            work,
            credential_id=credential_id,
            person_id=person.id,
            method=self.method,
            label=self.title,
            secret=self._keyring.seal(number, people.place(credential_id)),
        )
        return credential_id
