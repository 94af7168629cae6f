"""Authlib's authorization server, bounded: strict requests in, our own answers out.

Authlib dispatches and validates the grants of the token endpoint. Parameters come from the form
alone, each once; clients are authenticated by `idp.oidc.client_auth`; answers and errors leave
through here with no-store. The faults this keeps away are listed in docs/security.md.
"""

import json
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from flask import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge

from idp import audit
from idp.audit import Event, Outcome
from idp.oidc.client_auth import ClientAuthentication, named
from idp.oidc.client_keys import InvalidAssertion, KeysBusy
from idp.oidc.client_presented import Credentials, presented
from idp.oidc.client_throttle import SlowDown
from idp.oidc.clients import Client
from idp.oidc.provider import Provider
from idp.store.db import Work

# Authlib writes whole tokens at DEBUG.
logging.getLogger("authlib").setLevel(logging.INFO)

MAX_VALUE = 4096
_LONGER = {"client_assertion": 8192, "token": 8192}
_SECRETS = ("client_secret", "client_assertion")


class TokenRequest(OAuth2Request):
    """A form-encoded request of a client, with the unit of work that serves it."""

    def __init__(
        self, issuer: str, endpoint: str, form: dict[str, str], shown: Credentials, work: Work
    ) -> None:
        # The issuer's scheme counts, not that of the hop behind a proxy.
        super().__init__("POST", f"{issuer}/{endpoint}")
        self.payload = BasicOAuth2Payload(form)
        self.endpoint = endpoint
        self.shown = shown
        self.work = work
        self._form = form

    @property
    def form(self) -> dict[str, str]:
        return self._form


class Server(AuthorizationServer):
    """The engine of the endpoints that clients authenticate at."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.issuer = provider.issuer
        self.registry = provider.registry
        self._authentication = ClientAuthentication(
            provider.issuer.name, provider.registry, provider.this.keyring, provider.client_keys
        )

    def run(
        self,
        request: Request,
        work: Work,
        endpoint: str,
        answers: Callable[[TokenRequest], Response],
    ) -> Response:
        """Answer a request at `endpoint` (the last part of its address): read, answer, or refuse.

        `answers` may raise OAuth2Error: that is a refusal too.
        """
        asked = None
        try:
            asked = self.read(request, work, endpoint)
            return answers(asked)
        except OAuth2Error as error:
            return self.refuse(work, error, _named(asked), endpoint)

    def read(self, request: Request, work: Work, endpoint: str = "token") -> TokenRequest:
        """Return the strict form of a Flask request.

        Raises:
            InvalidRequestError: not a form, a parameter twice, not decent text, too large; or
                credentials given in two ways, or in the address.
            AuthenticationFailed: client credentials that cannot be read.
        """
        if any(name in request.args for name in _SECRETS):
            raise InvalidRequestError("credentials do not belong into an address")
        if request.mimetype != "application/x-www-form-urlencoded":
            raise InvalidRequestError("send application/x-www-form-urlencoded")
        form = _form(request)
        shown = presented(request.headers.get("Authorization", ""), form)
        return TokenRequest(self.issuer.name, endpoint, form, shown, work)

    def respond(self, request: TokenRequest) -> Response:
        """Run the grant that `request` asks for and return the answer.

        Raises:
            OAuth2Error: what the standard answers instead, see `refuse`.
        """
        grant = self.get_token_grant(request)
        grant.validate_token_request()
        status, body, _headers = grant.create_token_response()
        return answer(status, body)

    def refuse(
        self, work: Work, error: OAuth2Error, client_id: str | None, endpoint: str = "token"
    ) -> Response:
        """Return the standard's error (RFC 6749 section 5.2) and record it.

        Of requests that are held back, the first of a series is recorded.
        """
        known = self.registry.find(work, client_id) if client_id else None
        held = isinstance(error, SlowDown)
        why = getattr(error, "why", error.description) or ""
        if not held or error.first:
            audit.record(
                work,
                Event.CLIENT_HELD if held else Event.TOKEN_REFUSED,
                Outcome.REFUSED,
                client=known.client_id if known else None,
                reason=f"{error.error}: {why}"[:200],
            )
        return error_answer(error, endpoint)

    # -- what Authlib asks of a server

    def create_oauth2_request(self, request: Any) -> Any:
        return request

    def authenticate_client(
        self, request: TokenRequest, methods: Collection[str], endpoint: str = ""
    ) -> Client:
        """Return the client of `request`, authenticated by one of `methods`.

        Raises:
            AuthenticationFailed, SlowDown: see `ClientAuthentication.client`.
        """
        name = endpoint or request.endpoint
        client = self._authentication.client(request.work, request.shown, methods, name)
        request.client = client
        return client

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Authlib's signals are not used: events are rows (`idp.audit`)."""


def _named(asked: TokenRequest | None) -> str | None:
    """Return the client that a request is of, or says it is of: in header, form or assertion."""
    if asked is None:
        return None
    if asked.client:
        return str(asked.client.client_id)
    try:
        return named(asked.shown) or None
    except InvalidAssertion:
        return asked.shown.client_id or None


def _form(request: Request) -> dict[str, str]:
    """Return the parameters of a form, each once, without those that have no value.

    RFC 6749 section 3.2: a parameter without a value counts as left out.
    """
    try:
        found = list(request.form.lists())
    except RequestEntityTooLarge:
        raise InvalidRequestError("the request is too large", status_code=413) from None
    form: dict[str, str] = {}
    for name, values in found:
        if len(values) > 1:
            raise InvalidRequestError("send the parameter once")
        value = values[0]
        if len(value) > _LONGER.get(name, MAX_VALUE) or "\x00" in value or "\ufffd" in value:
            raise InvalidRequestError("a parameter is too long or not text")
        if value:
            form[name] = value
    return form


def answer(status: int, body: Mapping[str, Any]) -> Response:
    """Return a JSON answer that nobody stores (RFC 6749 section 5.1)."""
    response = Response(json.dumps(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def error_answer(error: OAuth2Error, realm: str = "token") -> Response:
    """Return an OAuth error as JSON."""
    body = {"error": error.error}
    if error.description:
        body["error_description"] = error.description
    response = answer(error.status_code, body)
    if error.status_code == 401:
        response.headers["WWW-Authenticate"] = f'Basic realm="{realm}"'
    if isinstance(error, SlowDown | KeysBusy):
        response.headers["Retry-After"] = str(error.wait)
    return response
