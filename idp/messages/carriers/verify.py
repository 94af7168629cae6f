"""Twilio Verify (API v2): codes that Twilio makes, words, sends and checks.

Twilio keeps one verification for a number: anyone who asks again within its ten minutes has the
same code sent. Here a verification belongs to one purpose of one sign-in, so one that is anyone
else's is called off before another begins. Imported late, logs nothing and repeats no words of
Twilio's, as `twilio` does.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from twilio.base import values

from idp.messages.carriers.transport import CheckError, DeliveryError, Letter, Verdict
from idp.messages.carriers.twilio import new_client, refusals
from idp.messages.senders import Late, Limit
from idp.settings.sms_and_mail import Sms

CHANNELS = {"sms": "sms", "voice": "call"}
"""Twilio's names of our channels."""
LOCALES = {"en": "en-GB", "de": "de", "fr": "fr", "es": "es"}
"""Twilio's languages by ours. It refuses what it has not; for those it goes by the country."""
_TOO_MANY_CHECKS = 60202
_GONE = 404


class VerifyTransport:
    """Has Twilio send a code of its own; the reference is the id of the verification (VE…)."""

    def __init__(self, settings: Sms, channel: str) -> None:
        self._channel = CHANNELS[channel]
        self._verifications = _service(settings).verifications

    def send(self, letter: Letter) -> str | None:
        if letter.body:
            raise DeliveryError(True, "it holds a text, and sms.service = verify sends none")
        for reference in letter.foreign:
            self._call_off(reference)
        begun = self._begin(letter)
        if self._is_foreign(begun, letter):
            # One that we know nothing of any more, such as that of a sign-in given up.
            self._call_off(str(begun.sid))
            begun = self._begin(letter)
        if not begun.sid:
            raise DeliveryError(False, "Twilio: the answer names no verification")
        if begun.status != "pending" or self._is_foreign(begun, letter):
            raise DeliveryError(False, "Twilio: no verification of this sign-in's own")
        return str(begun.sid)

    def _begin(self, letter: Letter) -> Any:
        locale = LOCALES.get(letter.language, values.unset)
        with refusals():
            return self._verifications.create(to=letter.to, channel=self._channel, locale=locale)

    def _is_foreign(self, begun: Any, letter: Letter) -> bool:
        """Return True if the code just sent was sent before, and not by this sign-in."""
        return begun.sid not in letter.own and len(begun.send_code_attempts or ()) > 1

    def _call_off(self, reference: str) -> None:
        try:
            with refusals():
                self._verifications(reference).update(status="canceled")
        except DeliveryError as error:
            if error.status != _GONE:
                raise


class VerifyChecks:
    """Asks Twilio about codes that it sent."""

    def __init__(self, settings: Sms) -> None:
        self._checks = _service(settings).verification_checks

    def check(self, reference: str, to: str, code: str) -> Verdict:
        """Return what Twilio says of `code`, see `checking.Checker`.

        Raises:
            CheckError: it said nothing of it.
        """
        try:
            with refusals():
                found = self._checks.create(verification_sid=reference, code=code)
        except DeliveryError as error:
            if error.status == _GONE:
                return Verdict.OVER
            if error.code == _TOO_MANY_CHECKS:
                return Verdict.WORN
            raise CheckError(str(error)) from None
        if found.to != to:
            raise CheckError("Twilio: the answer is about another number")
        if found.status == "approved":
            return Verdict.RIGHT
        return Verdict.WRONG if found.status == "pending" else Verdict.OVER


@dataclass(frozen=True)
class Service:
    """What Twilio knows of a Verify service. `digits`: how long its codes are."""

    name: str
    digits: int


def examine(settings: Sms) -> Service:
    """Return what the service of `sms.twilio_verify_service_sid` is; sends nothing.

    Raises:
        DeliveryError: there is no answer, or no such service.
    """
    seen: list[Service] = []
    try:
        Limit().call(settings.twilio_timeout, partial(_fetch, settings, seen))
    except Late as error:
        raise DeliveryError(False, str(error)) from None
    return seen[0]


def _fetch(settings: Sms, seen: list[Service]) -> None:
    with refusals():
        found = _service(settings).fetch()
    seen.append(Service(found.friendly_name or "", found.code_length or 0))


def _service(settings: Sms) -> Any:
    return new_client(settings).verify.v2.services(settings.twilio_verify_service_sid)
