"""Time-based codes of an authenticator app (RFC 6238): SHA-1, six digits, thirty seconds."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pyotp
import qrcode
import qrcode.image.svg
from markupsafe import Markup

from idp import clock
from idp.authenticators.base import (
    Attempt,
    Authenticator,
    Kind,
    Pending,
    Rejected,
    Verified,
    clean_code,
)
from idp.crypto import Keyring, random_token, same
from idp.language import _, english
from idp.policy.types import Ability, Factor
from idp.settings.values import Settings
from idp.store import credentials, spent
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.signin import interactions

PERIOD = 30
REMEMBERED = 86400
"""Seconds for which a used step is remembered by itself: further than a clock is set back."""
PENDING = 600
"""Seconds for which a secret that was shown may be set up; the page that comes then has another."""
SECRET_LENGTH = 32
"""Base32 characters: 160 bits, as RFC 4226 section 4 recommends."""
NOT_SIX = _("Type the six digits that your authenticator app shows.")
WRONG = _("That code didn't match. Codes change every 30 seconds: use the newest one.")


class Totp(Authenticator):
    """Something one has: a secret in an app."""

    ability = Ability("totp", ("otp",), frozenset({Factor.POSSESSION}))
    title = _("Authenticator app")
    noun = _("an authenticator app")
    text = _("An app on your phone shows a new code every 30 seconds. Works without reception.")
    alternative = _("Use your authenticator app instead")
    page_title = _("Enter the code from your app")
    enrolment_title = _("Set up your authenticator app")
    next_time = _("a code from your authenticator app")

    def __init__(self, settings: Settings, keyring: Keyring) -> None:
        self._rules = settings.totp
        self._keyring = keyring
        self._brand = settings.brand.name

    def enrollable(self, person: PersonRow) -> bool:
        return self.method not in person.methods

    def renewable(self, person: PersonRow) -> bool:
        return True

    def malformed(self, form: Mapping[str, str]) -> Rejected | None:
        if clean_code(form.get("code", "")):
            return None
        return Rejected("not six digits", NOT_SIX, Kind.MALFORMED)

    def verify(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        code = clean_code(form.get("code", "")) or ""
        for credential in credentials.of(attempt.work, attempt.person.id, self.method):
            secret = self._keyring.open(credential.secret, credential.place).decode()
            step = self._matching_step(secret, code)
            if step is None:
                continue
            ended = attempt.lock()
            if ended is not None:
                return ended
            # Once, and never an older one: the conditional UPDATE decides between two callers.
            if _claim(attempt.work, credential.id, step):
                return Verified(credential.id)
            return Rejected(
                "code used before",
                _("That code was used already. Wait for the next one and type that."),
            )
        return Rejected("wrong code", WRONG)

    def _matching_step(self, secret: str, code: str) -> int | None:
        """Return the accepted 30-second step whose code this is, or None."""
        totp = pyotp.TOTP(secret)
        current = clock.now() // PERIOD
        steps = range(current - self._rules.past_steps, current + self._rules.future_steps + 1)
        matching = [step for step in steps if same(totp.generate_otp(step), code)]
        return max(matching, default=None)

    def begin_enrolment(self, attempt: Attempt) -> Pending | None:
        """Make a secret for this interaction: reloading the page keeps the QR code for a while."""
        if self._pending_secret(attempt) is not None:
            return None
        secret = pyotp.random_base32(SECRET_LENGTH)
        found = {"method": self.method, "secret": secret, "at": clock.now()}
        data = json.dumps(found).encode()
        return Pending(self._keyring.seal(data, self._place(attempt)))

    def enrolment_page(self, attempt: Attempt) -> dict[str, Any]:
        secret = self._pending_secret(attempt)
        assert secret is not None, "begin_enrolment comes first"
        uri = provisioning_uri(secret, attempt.person.username, self._brand)
        groups = [secret[i : i + 4] for i in range(0, len(secret), 4)]
        return {"qr_svg": qr_svg(uri), "secret_groups": groups, "otpauth_uri": uri}

    def finish_enrolment(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        secret = self._pending_secret(attempt)
        if secret is None:
            return Rejected(
                "not begun, or too long ago",
                _("Scan the code below with your app first, then type what it shows."),
            )
        code = clean_code(form.get("code", "")) or ""
        step = self._matching_step(secret, code)
        if step is None:
            return Rejected("wrong code", WRONG)
        ended = attempt.lock()
        if ended is not None:
            return ended
        if not interactions.claim_pending(attempt.work, attempt.interaction):
            return Rejected("set up already", _("This app was set up a moment ago."))
        credentials.remove_method(attempt.work, attempt.person.id, self.method)
        return Verified(self.add(attempt.work, attempt.person.id, secret, step))

    def add(self, work: Work, person_id: str, secret: str, step: int = 0) -> str:
        """Store `secret` (base32) and return the credential's id; `step` was used to prove it."""
        credential_id = random_token(16)
        if step:
            _remember(work, credential_id, step)
        credentials.add(
            work,
            credential_id=credential_id,
            person_id=person_id,
            method=self.method,
            label=english(self.title),
            secret=self._keyring.seal(secret.encode(), credentials.place(credential_id)),
            last_step=step,
            used=step > 0,
        )
        return credential_id

    def _pending_secret(self, attempt: Attempt) -> str | None:
        """Return the secret that was shown in this sign-in; None when there is none, or no more."""
        if attempt.pending is None:
            return None
        data = json.loads(self._keyring.open(attempt.pending, self._place(attempt)))
        fresh = 0 <= clock.now() - data.get("at", 0) <= PENDING
        return str(data["secret"]) if fresh else None

    def _place(self, attempt: Attempt) -> str:
        return f"interaction:pending:{attempt.interaction}:{attempt.person.id}"


def provisioning_uri(secret: str, account: str, issuer: str) -> str:
    """Return the `otpauth:` address that authenticator apps understand."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))


def qr_svg(text: str) -> Markup:
    """Return `text` as a QR code, inline SVG with its own white ground (dark pages need it)."""
    image = _qr(text).make_image(image_factory=qrcode.image.svg.SvgPathFillImage)
    svg = image.to_string(encoding="unicode")
    return Markup(svg[svg.index("<svg") :])  # noqa: S704 - made here, from no markup


def qr_terminal(text: str) -> str:
    """Return `text` as a QR code of block characters, for the operator's terminal."""

    out = io.StringIO()
    _qr(text).print_ascii(out=out, invert=True)
    return out.getvalue()


def _qr(text: str) -> qrcode.QRCode[Any]:
    code: qrcode.QRCode[Any] = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, border=4
    )
    code.add_data(text)
    return code


def _claim(work: Work, credential_id: str, step: int) -> bool:
    """Accept a step once: True for exactly one caller (RFC 6238 section 5.2).

    A clock that was ahead holds no one back: a step that lies too far ahead counts for nothing. So
    each step is remembered by itself, too, or one that was used before the clock went ahead would
    work again when it is back.
    """
    latest = clock.now() // PERIOD + 1
    if not credentials.claim_step(work, credential_id, step, latest=latest):
        return False
    return _remember(work, credential_id, step)


def _remember(work: Work, credential_id: str, step: int) -> bool:
    return spent.claim(work, "totp", credential_id, str(step), lifetime=REMEMBERED)
