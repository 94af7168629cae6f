"""Text messages by any gateway: one signed POST each, and signed reports of how they fare.

docs/sms-gateway.md is what a gateway has to do. Its refusals are read by their status alone, for
words of its own may name a number. Never logs.
"""

import json
import ssl
from collections.abc import Mapping
from typing import Any

from idp import clock, webhooks
from idp.messages.carriers.transport import DeliveryError, Letter
from idp.settings.values import Settings
from idp.store.messages.outbox import REPORTS, Report

PATH = "/carrier/webhook/status"
SEND, STATUS = "message.send", "message.status"
_REFUSED = (400, 422)
_LONGEST_REFERENCE = 64
_MOST = 99_999
"""The highest error code that is taken: a number of a telephone has more digits."""


class GatewayTransport:
    """Posts the messages of a channel to `sms.webhook_url`."""

    def __init__(self, settings: Settings, channel: str) -> None:
        self._channel = channel
        self._secret = settings.sms.webhook_secret
        self._seconds = settings.sms.twilio_timeout
        self._place = webhooks.place(settings.sms.webhook_url)
        self._context = trust(settings.egress.ca_bundle)

    def send(self, letter: Letter) -> str | None:
        body = _written(self._channel, letter)
        headers = webhooks.signed(self._secret, letter.id, clock.now(), body)
        headers["Content-Type"] = "application/json"
        try:
            answer = webhooks.post(self._place, body, headers, self._context, self._seconds)
        except webhooks.UnansweredError as error:
            raise DeliveryError(False, "gateway: no answer", said=str(error)) from None
        if not answer.accepted:
            final = answer.status in _REFUSED
            raise DeliveryError(final, f"gateway: HTTP {answer.status}", answer.status)
        return _reference(answer.body)


def _written(channel: str, letter: Letter) -> bytes:
    data = {
        "id": letter.id,
        "channel": channel,
        "kind": letter.kind,
        "to": letter.to,
        "text": letter.body,
        "language": letter.language,
        "seconds": letter.seconds,
    }
    return json.dumps({"type": SEND, "data": data}, ensure_ascii=False).encode()


def _reference(body: bytes) -> str | None:
    """Return the gateway's own id, if its answer is JSON that has one."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    reference = found.get("reference") if isinstance(found, dict) else None
    return _plain(reference) or None


def _plain(text: Any) -> str:
    fits = isinstance(text, str) and text.isascii() and text.isprintable()
    return text if fits and len(text) <= _LONGEST_REFERENCE else ""


def trust(ca_bundle: str) -> ssl.SSLContext:
    """Return how the gateway must prove who it is: to the system's authorities, or to one more."""
    context = ssl.create_default_context()
    if ca_bundle:
        context.load_verify_locations(cafile=ca_bundle)
    return context


def genuine(settings: Settings, body: bytes, headers: Mapping[str, str]) -> bool:
    """Return True if the gateway signed a report; names of headers are in lower case."""
    return webhooks.genuine(settings.sms.webhook_secret, headers, body, clock.now())


def read(body: bytes) -> Report | None:
    """Return what a report says; None when it says nothing that is known here."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    data = found.get("data") if isinstance(found, dict) and found.get("type") == STATUS else None
    if not isinstance(data, dict):
        return None
    outbox_id, status = _plain(data.get("id")), data.get("status")
    if not outbox_id or status not in REPORTS:
        return None
    code = data.get("code")
    known = isinstance(code, int) and not isinstance(code, bool) and 0 <= code <= _MOST
    error = f"gateway: {status}" + (f", error {code}" if known else "")
    return Report(outbox_id, _plain(data.get("reference")), status, error)
