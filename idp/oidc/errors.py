"""OAuth errors as values with a name of the standard and a description fit for the wire."""

import re

from authlib.oauth2 import OAuth2Error

from idp.language import Words, english

_LONGEST = 300
_NOT_FOR_THE_WIRE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


def for_the_wire(text: str) -> str:
    """Return only what an error_description may hold (RFC 6749 sections 4.1.2.1 and 5.2)."""
    return _NOT_FOR_THE_WIRE.sub("?", text)[:_LONGEST]


class RequestError(Exception):
    """An authorization request that is answered with an error (RFC 6749 section 4.1.2.1).

    `error` is the standard's code; `description` is ASCII without quotes and backslashes.
    """

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description


def to_a_program(error: RequestError) -> OAuth2Error:
    """Return the same error as an answer to the client itself, where no browser is sent on."""
    busy = error.error == "temporarily_unavailable"
    return OAuth2Error(
        for_the_wire(error.description), error=error.error, status_code=503 if busy else 400
    )


class UntrustedRedirect(Exception):
    """The client or its redirect URI is not known: the answer is a page, never a redirect."""

    def __init__(
        self, message: Words, redirect_uri: str = "", *, remedy: Words | None = None
    ) -> None:
        super().__init__(english(message))
        self.message = message
        self.redirect_uri = redirect_uri
        """The one that is not registered, for the record."""
        self.remedy = remedy
        """What the person can do; None: nothing, the application is at fault."""


class RegistrationError(Exception):
    """A registration that is refused (RFC 7591 section 3.2.2, RFC 7592, RFC 6750 section 3.1).

    `description` may quote the client; the endpoint makes it fit for the wire. `reason` is for the
    record alone.
    """

    def __init__(
        self, error: str, description: str, *, status: int = 400, reason: str = "", wait: int = 0
    ) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status
        self.reason = reason or description
        self.wait = wait
        """Seconds, for Retry-After."""


class UseNonce(OAuth2Error):
    """A proof needs a nonce of ours, or a newer one (RFC 9449 section 8)."""

    error = "use_dpop_nonce"

    def __init__(self, nonce: str) -> None:
        super().__init__(description="the proof needs the nonce of this answer", status_code=400)
        self.nonce = nonce


class SlowDown(OAuth2Error):
    """Too much (status 429, RFC 6585; the error's name is of RFC 8628 section 3.5)."""

    error = "slow_down"
    status_code = 429

    def __init__(self, wait: int, *, first: bool, description: str) -> None:
        super().__init__(description=description)
        self.wait = wait
        """Seconds, for Retry-After."""
        self.first = first
        """The one refusal of a series that is recorded."""


class Waiting(OAuth2Error):
    """What a device is told while it waits for a person, again and again: it is not recorded."""


class AuthorizationPending(Waiting):
    """Nobody has answered yet (RFC 8628 section 3.5)."""

    error = "authorization_pending"
    description = "nobody has answered yet"


class AskedTooSoon(Waiting):
    """The device is to wait five seconds longer, now and from now on (RFC 8628 section 3.5)."""

    error = "slow_down"
    description = "wait five seconds longer between two questions"


class ExpiredToken(OAuth2Error):
    """Nobody answered in time (RFC 8628 section 3.5)."""

    error = "expired_token"
    description = "nobody answered in time: ask for another code"
