"""Authlib's authorization server, bounded: strict requests in, our own answers out.

Authlib authenticates clients and runs the grants of the token endpoint. It reads parameters from
the form alone, each once; its answers and errors leave through here with no-store. The faults this
keeps away are listed in docs/security.md.
"""

import base64
import json
import logging
from collections.abc import Mapping
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749 import ClientAuthentication, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from flask import Request, Response

from idp import audit
from idp.audit import Event, Outcome
from idp.oidc.clients import Client, Registry
from idp.oidc.tokens import Issuer
from idp.store.db import Work

# Authlib writes whole tokens at DEBUG.
logging.getLogger("authlib").setLevel(logging.INFO)

MAX_VALUE = 4096
_TOO_MANY = "send the parameter once"


class TokenRequest(OAuth2Request):
    """A form-encoded request, with the unit of work that serves it."""

    def __init__(self, issuer: str, form: dict[str, str], headers: Mapping[str, str], work: Work):
        # The issuer's scheme counts, not that of the hop behind a proxy.
        super().__init__("POST", f"{issuer}/token", headers=dict(headers))
        self.payload = BasicOAuth2Payload(form)
        self.work = work
        self._form = form

    @property
    def form(self) -> dict[str, str]:
        return self._form


class Server(AuthorizationServer):
    """The token endpoint's engine."""

    def __init__(self, issuer: Issuer, registry: Registry) -> None:
        super().__init__()
        self.issuer = issuer
        self.registry = registry

    def read(self, request: Request, work: Work) -> TokenRequest:
        """Return the strict form of a Flask request.

        Raises:
            InvalidRequestError: not a form, a parameter twice, or not decent text.
            InvalidClientError: client credentials given in two ways, or not readable.
        """
        if request.mimetype != "application/x-www-form-urlencoded":
            raise InvalidRequestError("send application/x-www-form-urlencoded")
        form: dict[str, str] = {}
        for name, values in request.form.lists():
            if len(values) > 1:
                raise InvalidRequestError(_TOO_MANY)
            if len(values[0]) > MAX_VALUE or "\x00" in values[0] or "\ufffd" in values[0]:
                raise InvalidRequestError("a parameter is too long or not text")
            form[name] = values[0]
        _check_credentials(request, form)
        headers = {"Authorization": request.headers.get("Authorization", "")}
        return TokenRequest(self.issuer.name, form, headers, work)

    def respond(self, request: TokenRequest) -> Response:
        """Run the grant that `request` asks for and return the answer."""
        try:
            grant = self.get_token_grant(request)
            grant.validate_token_request()
            status, body, _headers = grant.create_token_response()
            return answer(status, body)
        except OAuth2Error as error:
            said = request.payload.data.get("client_id")
            name = request.client.client_id if request.client else said
            return self.refuse(request.work, error, name)

    def refuse(self, work: Work, error: OAuth2Error, client_id: str | None) -> Response:
        """Return the standard's error (RFC 6749 section 5.2) and record it."""
        known = self.registry.find(work, client_id) if client_id else None
        audit.record(
            work,
            Event.TOKEN_REFUSED,
            Outcome.REFUSED,
            client=known.client_id if known else None,
            reason=f"{error.error}: {error.description or ''}"[:200],
        )
        return error_answer(error)

    # -- what Authlib asks of a server

    def create_oauth2_request(self, request: Any) -> Any:
        return request

    def authenticate_client(
        self, request: TokenRequest, methods: list[str], endpoint: str = "token"
    ) -> Client:
        def query(client_id: str) -> Client | None:
            return self.registry.find(request.work, client_id)

        request.client = authenticate(query, request, methods, endpoint)
        return request.client

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Authlib's signals are not used: events are rows (`idp.audit`)."""


def authenticate(query: Any, request: TokenRequest, methods: list[str], endpoint: str) -> Client:
    """Authenticate the client by Authlib's methods; every failure reads the same.

    A client that tried the header has no second chance by naming itself in the form.
    """
    if request.headers.get("Authorization"):
        methods = ["client_secret_basic"]
    methods = [method for method in methods if not method.endswith("_jwt")]
    try:
        client: Client = ClientAuthentication(query)(request, methods, endpoint)
        return client
    except InvalidClientError:
        raise InvalidClientError(
            status_code=401, description="client authentication failed"
        ) from None


def _check_credentials(request: Request, form: Mapping[str, str]) -> None:
    """RFC 6749 section 2.3: one method a request; Basic must be readable (section 2.3.1)."""
    header = request.headers.get("Authorization", "")
    if not header:
        return
    scheme, _, value = header.partition(" ")
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("ascii")
    except ValueError:
        text = ""
    if scheme.lower() != "basic" or ":" not in text or "\x00" in text:
        raise InvalidClientError(status_code=401, description="client authentication failed")
    if "client_secret" in form:
        raise InvalidRequestError("authenticate in one way only")


def answer(status: int, body: Mapping[str, Any]) -> Response:
    """Return a JSON answer that nobody stores (RFC 6749 section 5.1)."""
    response = Response(json.dumps(body), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def error_answer(error: OAuth2Error) -> Response:
    """Return an OAuth error as JSON."""
    body = {"error": error.error}
    if error.description:
        body["error_description"] = error.description
    response = answer(error.status_code, body)
    if error.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="token"'
    return response
