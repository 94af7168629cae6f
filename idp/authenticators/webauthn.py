"""Passkeys and security keys (Web Authentication Level 3): second step, or the whole sign-in.

The library checks origin, signature, flags and attestation. Ours are: the challenge (made here,
bound to the interaction and its purpose, used once), whose credential it is, the user handle,
frames, the counter and the backup flags. Whether the device verified its user decides how many
factors an answer proves; how it did so it does not say, and neither do we
(docs/acr.md "Methods: amr").
"""

import json
import struct
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
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
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

from idp import clock, crypto
from idp.authenticators import attestation, passkey_keys
from idp.authenticators.base import Attempt, Authenticator, Kind, Rejected, Verified
from idp.authenticators.passkey_providers import provider_name
from idp.crypto import Keyring, random_token
from idp.language import _
from idp.policy.types import Ability, Factor, Trait
from idp.settings.values import Settings
from idp.store import credentials, people, spent
from idp.store.credentials import CredentialRow
from idp.store.db import Work
from idp.store.people import PersonRow

MAX_KEYS = 20
"""Passkeys that one person may have."""
MAX_ANSWER = 16_384
NONCE = 16
LIFETIME = 600
"""Seconds for which a challenge may be answered; the page that comes then has another one."""
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
    recommended = True
    several = True
    guessable = False
    wrong = unnamed = WRONG

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        parts = urlsplit(settings.server.issuer)
        self._rp_id = parts.hostname or ""
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._brand = settings.brand.name
        self._keyring = keyring
        self._rules = settings.passkeys
        hardware = {Trait.HARDWARE} if self._rules.attestation == "required" else set()
        self.ability = Ability(
            "webauthn",
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
            challenge=self._challenge(interaction, "sign-in"),
            allow_credentials=allowed,
            user_verification=wish,
        )
        return options_to_json(options)

    def _descriptors(self, work: Work, person_id: str) -> list[PublicKeyCredentialDescriptor]:
        return [
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(self._open(row)["id"]))
            for row in credentials.of(work, person_id, self.method)
        ]

    def malformed(self, form: Mapping[str, str]) -> Rejected | None:
        if _answer(form) is not None:
            return None
        return Rejected("no answer of an authenticator", WRONG, Kind.MALFORMED)

    def identify(self, work: Work, form: Mapping[str, str]) -> tuple[str, PersonRow | None]:
        """The user handle says whose passkey it claims to be; the signature will tell."""
        answer = _answer(form) or {}
        try:
            handle = base64url_to_bytes(answer["response"]["userHandle"]).decode("ascii")
        except UNREADABLE:
            return "", None
        if not handle.isprintable():
            return "", None
        person = people.by_id(work, handle)
        # A handle that nobody has is a guess, to be counted and told of like any other.
        return (person.username, person) if person else (handle, None)

    def verify(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        answer = _answer(form)
        if answer is None:
            return Rejected("no answer of an authenticator", WRONG)
        row = self._credential(attempt, answer)
        if row is None:
            return Rejected("not a passkey of this person", WRONG)
        challenge = self._known_challenge(answer, attempt.interaction, "sign-in")
        if challenge is None:
            return Rejected("challenge of another sign-in, or expired", WRONG)
        known = self._open(row)
        try:
            done = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=base64url_to_bytes(known["key"]),
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
        if not self._claim(attempt.work, challenge):
            return Rejected("challenge used before", WRONG)
        if not self._count(attempt.work, row, done.new_sign_count):
            return Rejected("the counter went back: the passkey may have been copied", WRONG)
        return Verified(row.id, self._shown(known, verified=done.user_verified))

    def _credential(self, attempt: Attempt, answer: dict[str, Any]) -> CredentialRow | None:
        """Return the person's own credential that the answer names; never another's."""
        handle = answer["response"].get("userHandle")
        if handle not in (None, "", _handle(attempt.person.id)):
            return None
        rows = credentials.of(attempt.work, attempt.person.id, self.method)
        return next((row for row in rows if self._open(row)["id"] == answer["id"]), None)

    def _count(self, work: Work, row: CredentialRow, counter: int) -> bool:
        """Accept a counter that grew, or one that stands at nought for good (synced passkeys)."""
        if counter:
            return credentials.claim_step(work, row.id, counter)
        return row.last_step == 0 and credentials.mark_used(work, row.id)

    def _shown(self, known: Mapping[str, Any], *, verified: bool) -> Ability:
        """Return what this answer proves: less than the method can, when nobody was verified."""
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
            challenge=self._challenge(attempt.interaction, "enrol"),
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
        challenge = self._known_challenge(answer, attempt.interaction, "enrol")
        if challenge is None:
            return Rejected("challenge of another sign-in, or expired", WRONG)
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
        hardware = self._attested(done)
        if self._rules.attestation == "required" and not hardware:
            return Rejected(
                "not attested", _("Only security keys of a known make can be added here.")
            )
        refused = attempt.lock() or self._room(attempt, done)
        if refused is not None:
            return refused
        if not self._claim(attempt.work, challenge):
            return Rejected("challenge used before", WRONG)
        name = bytes_to_base64url(done.credential_id)
        known = {
            "id": name,
            "key": bytes_to_base64url(done.credential_public_key),
            "aaguid": done.aaguid,
            "backup": done.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            "hardware": hardware,
        }
        credential_id = self._store(attempt.work, attempt.person.id, known, done.sign_count)
        if credential_id is None:
            return Rejected("another person has this credential id", WRONG)
        return Verified(credential_id, self._shown(known, verified=done.user_verified))

    def _room(self, attempt: Attempt, done: Any) -> Rejected | None:
        """Say why the person, who is locked, cannot have this passkey too."""
        rows = credentials.of(attempt.work, attempt.person.id, self.method)
        name = bytes_to_base64url(done.credential_id)
        if any(self._open(row)["id"] == name for row in rows):
            return Rejected("set up already", _("This passkey is set up already."))
        if len(rows) >= MAX_KEYS:
            return Rejected(
                "too many passkeys",
                _(
                    "You have as many passkeys as an account can have. Remove one, then add this"
                    " one."
                ),
            )
        return None

    def _attested(self, done: Any) -> bool:
        """Say whether a root that the operator trusts vouches for hardware that makes no copies."""
        if done.credential_device_type is CredentialDeviceType.MULTI_DEVICE:
            return False
        trusted = bool(self._rules.roots)
        return trusted and attestation.vouched(done.fmt, done.attestation_object, done.aaguid)

    def _store(self, work: Work, person_id: str, known: dict[str, Any], counter: int) -> str | None:
        """Keep a passkey; None when another person has one of this id (section 7.1, step 27)."""
        self._name_earlier(work)
        credential_id = random_token(16)
        stored = credentials.add(
            work,
            credential_id=credential_id,
            person_id=person_id,
            method=self.method,
            label=provider_name(known["aaguid"]),
            secret=self._keyring.seal(json.dumps(known).encode(), credentials.place(credential_id)),
            last_step=counter,
            used=True,
            outside=self._outside(known["id"]),
        )
        return credential_id if stored else None

    def _outside(self, name: str) -> str:
        return self._keyring.keyed_digest("passkey", name)

    def _name_earlier(self, work: Work) -> None:
        """Note what passkeys are called that were added before that was noted: once for each."""
        for row in credentials.without_outside(work, self.method):
            credentials.note_outside(work, row.id, self._outside(self._open(row)["id"]))

    def _open(self, row: CredentialRow) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._keyring.open(row.secret, row.place))
        return found

    # -- challenges

    def _challenge(self, interaction: str, purpose: str) -> bytes:
        """Return a challenge that only this interaction can answer, for one purpose.

        It carries a nonce, its time and our mark, so showing a page stores nothing.
        """
        head = crypto.random_bytes(NONCE) + struct.pack(">Q", clock.now())
        return head + self._mark(interaction, purpose, head)

    def _mark(self, interaction: str, purpose: str, head: bytes) -> bytes:
        return self._keyring.keyed_digest("webauthn", interaction, purpose, head.hex()).encode()

    def _known_challenge(
        self, answer: Mapping[str, Any], interaction: str, purpose: str
    ) -> bytes | None:
        """Return the challenge of an answer if we made it for this, lately, outside any frame."""
        try:
            data = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
            challenge = base64url_to_bytes(data["challenge"])
            head = challenge[: NONCE + 8]
            (made_at,) = struct.unpack(">Q", head[NONCE:])
        except (*UNREADABLE, struct.error):
            return None
        mark = self._mark(interaction, purpose, head).decode()
        ours = crypto.same(challenge[NONCE + 8 :].decode("latin-1"), mark)
        fresh = 0 <= clock.now() - made_at <= LIFETIME
        # A page above ours makes a frame of us, whatever `crossOrigin` says (sections 5.8.1, 7.1).
        framed = data.get("crossOrigin") or data.get("topOrigin") is not None
        return challenge if ours and fresh and not framed else None

    def _claim(self, work: Work, challenge: bytes) -> bool:
        return spent.claim(work, "webauthn", challenge.hex(), lifetime=LIFETIME)


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


def _handle(person_id: str) -> str:
    """Return the user handle of a person as it travels: opaque, and nothing but the `sub`."""
    return bytes_to_base64url(person_id.encode())
