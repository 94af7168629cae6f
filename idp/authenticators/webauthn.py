"""Passkeys and security keys (Web Authentication Level 3): second step, or the whole sign-in.

The library checks origin, signature, flags and attestation. Ours are: whose credential it is, the
user handle and the backup flags; the challenge and frames (`passkey_challenges`); the counter
(`kept_passkeys`). Whether the device verified its user decides how many factors an answer proves;
how it did so it does not say, and neither do we (docs/acr.md "Methods: amr").
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from idp import crypto
from idp.authenticators.base import Attempt, Authenticator, Kind, Rejected, Verified
from idp.authenticators.passkeys import attestation, passkey_keys
from idp.authenticators.passkeys.kept_passkeys import METHOD, KeptPasskeys
from idp.authenticators.passkeys.passkey_challenges import Challenges
from idp.crypto import Keyring
from idp.language import _
from idp.policy.types import Ability, Factor, Trait
from idp.settings.values import Settings
from idp.store import people
from idp.store.credentials import CredentialRow
from idp.store.db import Work
from idp.store.people import PersonRow

MAX_ANSWER = 16_384
WRONG = _("That passkey was not accepted. Try again.")
WEAK = _("This passkey cannot be used here: its key is faulty. Use another device or key.")
UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError, RecursionError)
"""What the library raises for answers that are mutated in one way or another."""


class WebAuthn(Authenticator):
    """Something one has, and, where it verifies its user, something more."""

    title = _("Passkey")
    noun = _("a passkey")
    text = _("Your phone, computer or security key signs you in. No code to type, nothing to copy.")
    alternative = _("Use a passkey instead")
    page_title = _("Use your passkey")
    step_note = _("Step 2 of 2: your passkey")
    enrolment_title = _("Add a passkey")
    next_time = _("your passkey")
    several = True
    guessable = False
    wrong = unnamed = WRONG

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        parts = urlsplit(settings.server.issuer)
        self._rp_id = parts.hostname or ""
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._brand = settings.brand.name
        self._challenges = Challenges(keyring)
        self._kept = KeptPasskeys(keyring)
        self._rules = settings.passkeys
        hardware = {Trait.HARDWARE} if self._rules.attestation == "required" else set()
        self.ability = Ability(
            METHOD,
            ("pop", "user"),
            frozenset({Factor.POSSESSION, Factor.INHERENCE}),
            frozenset({Trait.PHISHING_RESISTANT} | hardware),
            first=True,
        )

    # -- signing in

    def enrollable(self, person: PersonRow) -> bool:
        return True

    def sign_in_page(
        self, interaction: str, person: PersonRow | None, work: Work
    ) -> dict[str, Any]:
        """Offer it beside the password: any passkey of this site, or those of a known person."""
        allowed = self._descriptors(work, person.id) if person else None
        options = self._request(interaction, allowed, UserVerificationRequirement.REQUIRED)
        return {"passkey": options}

    def page(self, attempt: Attempt) -> dict[str, Any]:
        allowed = self._descriptors(attempt.work, attempt.person.id)
        wish = UserVerificationRequirement.PREFERRED
        return {"passkey": self._request(attempt.interaction, allowed, wish)}

    def _request(
        self,
        interaction: str,
        allowed: list[PublicKeyCredentialDescriptor] | None,
        wish: UserVerificationRequirement,
    ) -> str:
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=self._challenges.make(interaction, "sign-in"),
            allow_credentials=allowed,
            user_verification=wish,
        )
        return options_to_json(options)

    def _descriptors(self, work: Work, person_id: str) -> list[PublicKeyCredentialDescriptor]:
        return [
            PublicKeyCredentialDescriptor(id=crypto.from_base64url(name))
            for name in self._kept.ids(work, person_id)
        ]

    def malformed(self, form: Mapping[str, str]) -> Rejected | None:
        if _answer(form) is not None:
            return None
        return Rejected("no answer of an authenticator", WRONG, Kind.MALFORMED)

    def identify(self, work: Work, form: Mapping[str, str]) -> tuple[str, PersonRow | None]:
        """The user handle says whose passkey it claims to be; the signature will tell."""
        answer = _answer(form) or {}
        try:
            handle = crypto.from_base64url(answer["response"]["userHandle"]).decode("ascii")
        except UNREADABLE:
            return "", None
        if not handle.isprintable():
            return "", None
        person = people.by_id(work, handle)
        # A handle that no one has is a guess, to be counted and told of like any other.
        return (person.username, person) if person else (handle, None)

    def verify(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        answer = _answer(form)
        if answer is None:
            return Rejected("no answer of an authenticator", WRONG)
        row = self._credential(attempt, answer)
        if row is None:
            return Rejected("not a passkey of this person", WRONG)
        challenge = self._challenges.answered(answer, attempt.interaction, "sign-in")
        if challenge is None:
            return Rejected("challenge of another sign-in, or expired", WRONG)
        known = self._kept.open(row)
        try:
            done = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=crypto.from_base64url(known["key"]),
                credential_current_sign_count=0,
                require_user_verification=attempt.first,
            )
        except UNREADABLE as error:
            return Rejected(f"not verified: {type(error).__name__}", WRONG)
        backup = done.credential_device_type is CredentialDeviceType.MULTI_DEVICE
        if backup != known["backup"]:
            return Rejected("the backup flag has changed", WRONG)
        ended = attempt.lock()
        if ended is not None:
            return ended
        if not self._challenges.claim(attempt.work, challenge):
            return Rejected("challenge used before", WRONG)
        if not self._kept.count(attempt.work, row, done.new_sign_count):
            return Rejected("the counter went back: the passkey may have been copied", WRONG)
        return Verified(row.id, self._shown(known, verified=done.user_verified))

    def _credential(self, attempt: Attempt, answer: dict[str, Any]) -> CredentialRow | None:
        """Return the person's own passkey that the answer names; never another's.

        The user handle as it travels is opaque, and nothing but the `sub`.
        """
        handle = answer["response"].get("userHandle")
        if handle not in (None, "", crypto.base64url(attempt.person.id.encode())):
            return None
        return self._kept.find(attempt.work, attempt.person.id, answer["id"])

    def _shown(self, known: Mapping[str, Any], *, verified: bool) -> Ability:
        """Return what this answer proves: less than the method can, when no one was verified."""
        amr = ["pop", "user"]
        traits = {Trait.PHISHING_RESISTANT}
        if known["hardware"]:
            amr.append("hwk")
            traits.add(Trait.HARDWARE)
        elif known["backup"]:
            amr.append("swk")
        factors = {Factor.POSSESSION} | ({Factor.INHERENCE} if verified else set())
        return replace(
            self.ability,
            amr=tuple(amr),
            factors=frozenset(factors),
            traits=frozenset(traits),
            first=verified,
        )

    # -- setting up

    def enrolment_page(self, attempt: Attempt) -> dict[str, Any]:
        required = self._rules.attestation == "required"
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self._brand,
            user_id=attempt.person.id.encode(),
            user_name=attempt.person.username,
            user_display_name=attempt.person.name,
            challenge=self._challenges.make(attempt.interaction, "enrol"),
            attestation=AttestationConveyancePreference.DIRECT
            if required
            else AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=self._descriptors(attempt.work, attempt.person.id),
        )
        return {"passkey": options_to_json(options)}

    def finish_enrolment(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        answer = _answer(form)
        if answer is None:
            return Rejected("no answer of an authenticator", WRONG)
        challenge = self._challenges.answered(answer, attempt.interaction, "enrol")
        if challenge is None:
            return Rejected("challenge of another sign-in, or expired", WRONG)
        done = self._registered(answer, challenge)
        if isinstance(done, Rejected):
            return done
        name = crypto.base64url(done.credential_id)
        refused = attempt.lock() or self._kept.refused(attempt.work, attempt.person.id, name)
        if refused is not None:
            return refused
        if not self._challenges.claim(attempt.work, challenge):
            return Rejected("challenge used before", WRONG)
        known = {
            "id": name,
            "key": crypto.base64url(done.credential_public_key),
            "aaguid": done.aaguid,
            "backup": done.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            "hardware": self._attested(done),
        }
        credential_id = self._kept.add(attempt.work, attempt.person.id, known, done.sign_count)
        if credential_id is None:
            return Rejected("another person has this credential id", WRONG)
        return Verified(credential_id, self._shown(known, verified=done.user_verified))

    def _registered(
        self, answer: dict[str, Any], challenge: bytes
    ) -> VerifiedRegistration | Rejected:
        """Return what an answer sets up: a key that can be one, attested where that is required."""
        try:
            done = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                pem_root_certs_bytes_by_fmt=attestation.read_roots(self._rules.roots),
            )
        except UNREADABLE as error:
            return Rejected(f"not verified: {type(error).__name__}", WRONG)
        faulty = passkey_keys.problem(done.credential_public_key)
        if faulty is not None:
            return Rejected(f"not a key: {faulty}", WEAK)
        if self._rules.attestation == "required" and not self._attested(done):
            return Rejected(
                "not attested", _("Only security keys of a known make can be added here.")
            )
        return done

    def _attested(self, done: Any) -> bool:
        """Return True if a root the operator trusts vouches for hardware that makes no copies."""
        if done.credential_device_type is CredentialDeviceType.MULTI_DEVICE:
            return False
        trusted = bool(self._rules.roots)
        return trusted and attestation.vouched(done.fmt, done.attestation_object, done.aaguid)


def _answer(form: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what the browser's `toJSON()` made of the authenticator's answer, if it is that."""
    text = form.get("credential", "")
    try:
        found = json.loads(text) if len(text) <= MAX_ANSWER else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("response"), dict):
        return None
    return found if isinstance(found.get("id"), str) else None
