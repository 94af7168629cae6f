"""Who may register a client, and who may manage one: tokens, and how often.

Owns the initial access token (RFC 7591 section 3), the registration access token (RFC 7592), and
the count where registration is open to everyone. It never looks at what is registered.
`registration.mode` off closes all of it.
"""

from collections.abc import Callable

from flask import Request

from idp import crypto
from idp.oidc.errors import RegistrationError
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.settings.values import Settings
from idp.store import throttles
from idp.store.db import Work
from idp.store.oidc import client_tokens, clients
from idp.store.oidc.clients import ClientRow

MAX_TOKEN = 512


class Admission:
    """Who may come in, by `registration.mode`."""

    def __init__(self, settings: Settings) -> None:
        self._mode = settings.registration.mode
        self._attempts = Window(settings.throttle.source_limit, settings.throttle.source_window)

    @property
    def open(self) -> bool:
        """Anyone may register a client."""
        return self._mode == "open"

    def check_mode(self) -> None:
        """Raise a RegistrationError (404) where no client can register."""
        if self._mode == "off":
            raise RegistrationError("not_found", "clients cannot register here", status=404)

    def admit(self, work: Work, request: Request) -> Callable[[], None]:
        """Return what lets the caller in, to be called in the transaction of the registration.

        Raises:
            RegistrationError: open to everyone, but too many came from one address.
        """
        if self._mode == "token":
            digest = crypto.digest(bearer(request))

            def claim() -> None:
                if not client_tokens.claim_initial(work, digest):
                    raise unauthorized("the initial access token is unknown, used up or expired")

            return claim
        self.count(work)
        return lambda: None

    def count(self, work: Work) -> None:
        """Count what anyone may do who asks from the caller's address.

        Raises:
            RegistrationError: too much came from there.
        """
        key = throttle_keys.registrations(work.caller.address)
        held = throttles.count(work, key, self._attempts)
        # The count stays, whatever becomes of the rest.
        work.commit()
        if held is not None:
            raise RegistrationError(
                "temporarily_unavailable",
                "too many registrations from this address",
                status=429,
                wait=held.wait or self._attempts.seconds,
            )


def owned(work: Work, client_id: str, token: str) -> ClientRow:
    """Return the client whose registration access token `token` is (RFC 7592 section 2).

    Raises:
        RegistrationError: it is another's, or no client's.
    """
    plain = client_id.isascii() and client_id.isprintable()
    row = clients.find(work, client_id) if plain else None
    if row is None or not _owns(row, token):
        raise unauthorized("the registration access token is not that of this client")
    return row


def bearer(request: Request) -> str:
    """Return the token of the header, its only place (RFC 6750 section 2.1).

    Raises:
        RegistrationError: there is none.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    token = value.strip()
    if scheme.lower() != "bearer" or not 0 < len(token) <= MAX_TOKEN:
        raise unauthorized("send a Bearer token")
    return token


def unauthorized(description: str) -> RegistrationError:
    """Return the refusal of a token (RFC 6750 section 3.1)."""
    return RegistrationError("invalid_token", description, status=401)


def _owns(row: ClientRow, token: str) -> bool:
    known = row.registration_digest
    return known is not None and crypto.same(crypto.digest(token), known)
