"""Text messages and calls through Twilio's API of 2010-04-01.

Imported at the first text message: it costs 0.2 s and 20 MiB, which a process that sends none
should not pay. Never logs, and never repeats what Twilio says in words, for those name the number.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

from idp.language import ENGLISH, VOICES
from idp.messages.carriers.transport import DeliveryError, Letter
from idp.settings.sms_and_mail import Sms

# It would log the address and headers of each request.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)

_TRY_AGAIN = (408, 429)
_NO_USE = (60202, 60203)
"""Errors of a verification that was checked or sent too often: it stays so for ten minutes."""
_VALIDITY = (6, 36000)
"""The seconds that a message may wait at Twilio: more than five is advised, 36000 the most."""


_RINGING = 30
"""Seconds after which a call that no one takes is given up, before most mailboxes answer."""


class HttpClient(TwilioHttpClient):
    """Twilio's client with a time-out, calling Twilio or the stand-in at `api`.

    Its parent keeps the last answer on itself and returns it from there, so two threads may get
    each other's; and it keeps the last request, with a number and a code. This one keeps nothing.
    """

    def __init__(self, timeout: float, api: str) -> None:
        super().__init__(timeout=timeout)
        self._api = urlsplit(api) if api else None
        # A stand-in is on this machine: no proxy leads there.
        self.session.trust_env = not api

    def request(
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        if self._api:
            there = {"scheme": self._api.scheme, "netloc": self._api.netloc}
            url = urlsplit(url)._replace(**there).geturl()
        answer = self.session.request(
            method,
            url,
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=timeout or self.timeout,
            allow_redirects=allow_redirects,
        )
        return Response(answer.status_code, answer.text, answer.headers)


def new_client(settings: Sms) -> Client:
    """Return a client of the account in `settings`, with their time-out."""
    return Client(
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        http_client=HttpClient(settings.twilio_timeout, settings.twilio_api),
        # Not empty, or variables of the process could name another region.
        environment={"TWILIO_REGION": ""},
    )


class TwilioTransport:
    """Sends from `sms.twilio_from`, or by way of a messaging service.

    `callback` is where Twilio tells how a message fares; "" when it could not reach it.
    """

    def __init__(self, settings: Sms, callback: str = "") -> None:
        self._sender = {"from_": settings.twilio_from}
        if settings.twilio_messaging_service_sid:
            self._sender = {"messaging_service_sid": settings.twilio_messaging_service_sid}
        self._callback = callback
        self._client = new_client(settings)

    def send(self, letter: Letter) -> str | None:
        shortest, longest = _VALIDITY
        more = dict(self._sender)
        if self._callback:
            more["status_callback"] = self._callback + letter.id
        with refusals():
            message = self._client.messages.create(
                to=letter.to,
                body=letter.body,
                validity_period=min(max(letter.seconds, shortest), longest),
                **more,
            )
        if message.status in ("failed", "undelivered", "canceled"):
            raise DeliveryError(True, f"Twilio: {message.status}, error {message.error_code}")
        if not message.sid:
            raise DeliveryError(False, "Twilio: the answer names no message")
        return str(message.sid)


class TwilioCalls:
    """Reads a letter out, twice, in a call from `sms.twilio_from`."""

    def __init__(self, settings: Sms, callback: str = "") -> None:
        self._from = settings.twilio_from
        self._callback = callback
        self._client = new_client(settings)

    def send(self, letter: Letter) -> str | None:
        more = {"status_callback": self._callback + letter.id} if self._callback else {}
        with refusals():
            call = self._client.calls.create(
                to=letter.to,
                from_=self._from,
                twiml=spoken(letter.body, letter.language),
                timeout=_RINGING,
                **more,
            )
        if call.status in ("failed", "busy", "no-answer", "canceled"):
            raise DeliveryError(True, f"Twilio: {call.status}")
        if not call.sid:
            raise DeliveryError(False, "Twilio: the answer names no call")
        return str(call.sid)


def spoken(text: str, language: str = ENGLISH) -> str:
    """Return TwiML that says `text` twice, after a moment for anyone who lifts the phone."""
    response = VoiceResponse()
    for _ in range(2):
        response.pause(length=1)
        response.say(text, language=VOICES[language])
    return str(response)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what Twilio's client raises into our own words.

    Raises:
        DeliveryError: whatever went wrong.
    """
    try:
        yield
    except TwilioException as error:
        raise _refused(error) from None
    except requests.RequestException as error:
        raise DeliveryError(False, f"Twilio: {type(error).__name__}") from None
    except ValueError:
        raise DeliveryError(False, "Twilio: the answer was not JSON") from None


def _refused(error: TwilioException) -> DeliveryError:
    """Read a refusal: HTTP 4xx is about this message, anything else about Twilio's own state."""
    status, code = getattr(error, "status", None), getattr(error, "code", None)
    if not isinstance(status, int):
        return DeliveryError(False, f"Twilio: {type(error).__name__}")
    final = 400 <= status < 500 and (status not in _TRY_AGAIN or code in _NO_USE)
    return DeliveryError(final, f"Twilio: HTTP {status}, error {code}", status, code)
