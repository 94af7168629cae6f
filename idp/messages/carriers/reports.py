"""What Twilio reports of a message or a call: whether a report is Twilio's own, and what it says.

The signature covers the address and the form (Twilio, "Validating requests"): by HMAC_SHA1 with the
account's secret, or by HMAC_SHA256 with a key shared for webhooks. The address is ours, made from
the issuer: what a request names as its host is not asked.
"""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from idp.settings.values import Settings
from idp.store.messages.outbox import Report

Headers = Mapping[str, str]

PATH = "/carrier/twilio/status"
MESSAGE = "message"
"""The parameter of the address that names our message: a report may come before Twilio's answer."""
_MEANING = {
    "queued": ("accepted", "scheduled", "queued", "initiated", "ringing"),
    "sending": ("sending", "in-progress", "answered"),
    "sent": ("sent",),
    "failed": ("undelivered", "failed", "canceled", "busy", "no-answer"),
    "delivered": ("delivered", "read", "completed"),
}
_STATUS = {theirs: ours for ours, words in _MEANING.items() for theirs in words}


def callback(settings: Settings) -> str:
    """Return the address of reports, to be ended by a message's id; "" when Twilio cannot reach it.

    Twilio refuses a message whose address it cannot use, such as one on this very machine.
    """
    if not settings.secure and not settings.sms.twilio_api:
        return ""
    return f"{settings.server.issuer}{PATH}?{urlencode({MESSAGE: ''})}"


def told(settings: Settings) -> bool:
    """Return True if we are told how a text message fares: Twilio Verify tells no one."""
    sms = settings.sms
    if "webhook" in sms.ways:
        return settings.secure
    return sms.backend == "twilio" and sms.service == "messages" and callback(settings) != ""


def genuine(
    settings: Settings, query: str, form: Mapping[str, str] | str, headers: Headers
) -> bool:
    """Return True if Twilio signed a report. `form` is the body itself where it is not a form."""
    # Few processes ever need the package.
    from twilio import request_validator as twilio

    algorithm = twilio.get_signature_algorithm(
        headers.get(twilio.SIGNATURE_SETTINGS_HEADER)
    ).upper()
    secrets = {
        twilio.HMAC_SHA1: settings.sms.twilio_auth_token,
        twilio.HMAC_SHA256: settings.sms.twilio_webhook_secret,
    }
    secret = secrets.get(algorithm)
    signature = headers.get(twilio.SIGNATURE_HEADER)
    if not secret or not signature:
        return False
    if isinstance(form, str) and form and "bodySHA256" not in parse_qs(query):
        # A body that is no form is covered by its hash in the address, or by nothing.
        return False
    address = f"{settings.server.issuer}{PATH}" + (f"?{query}" if query else "")
    return bool(twilio.RequestValidator(secret).validate(address, form, signature, algorithm))


def read(message: str, form: Mapping[str, str]) -> Report | None:
    """Return what a report says; None when it says nothing that is known here."""
    reference = form.get("MessageSid") or form.get("CallSid") or ""
    theirs = (form.get("MessageStatus") or form.get("CallStatus") or "").lower()
    status = _STATUS.get(theirs)
    if status is None or not reference:
        return None
    code = form.get("ErrorCode", "")
    error = f"Twilio: {theirs}" + (f", error {code}" if code.isascii() and code.isdigit() else "")
    return Report(message, reference, status, error)
