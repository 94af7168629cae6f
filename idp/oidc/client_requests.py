"""Requests that a client proves itself with: to /token, /par, /revoke and /introspect.

Owns what these share: a form read strictly, its client authenticated, a refusal answered and
recorded. It never decides what is asked for. Authlib lends the errors of RFC 6749 their names;
its faults as a server, which this keeps away, are listed in docs/security.md.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from werkzeug.exceptions import RequestEntityTooLarge

from idp import audit
from idp.audit import Event, Outcome
from idp.oidc.client_auth.authentication import ClientAuthentication, named
from idp.oidc.client_auth.keys import InvalidAssertion
from idp.oidc.client_auth.presented import AuthenticationFailed, Credentials, presented
from idp.oidc.clients.client import Client
from idp.oidc.clients.registry import Registry
from idp.oidc.errors import SlowDown, Waiting
from idp.oidc.json_answers import error_answer
from idp.oidc.vocabulary import MANY
from idp.store.db import Work
from idp.web import urlencoded
from idp.web.lane.plain import Answer, AnyRequest

MAX_VALUE = 4096
"""Characters of a parameter."""
_LONGER = {"client_assertion": 8192, "token": 8192, "request": 65_536}
_EVENTS = {
    "par": Event.REQUEST_REFUSED,
    "backchannel_authentication": Event.REQUEST_REFUSED,
}
"""What a refusal is called where that is not the refusal of a token."""
_SECRETS = ("client_secret", "client_assertion")


@dataclass(frozen=True)
class ClientRequest:
    """A request as it was sent: readable, not yet believed."""

    endpoint: str
    """The last part of the address it was sent to."""
    form: Mapping[str, str]
    """Every parameter once, none of them empty."""
    shown: Credentials
    request: AnyRequest
    """As it came: a certificate is read from it, where one counts."""

    def token(self) -> str:
        """Return the token that the request is about (RFC 7009 section 2.1, RFC 7662 section 2.1).

        Raises:
            InvalidRequestError: there is none.
        """
        token = self.form.get("token")
        if token is None:
            raise InvalidRequestError("token is missing")
        return token


class ClientRequests:
    """What the endpoints share that clients authenticate at. Threads share one."""

    def __init__(
        self,
        registry: Registry,
        authentication: ClientAuthentication,
        unfit: Callable[[Work, str], str | None] | None = None,
    ) -> None:
        """`unfit` says why a client is none at the moment (`registration.documents`), if any is."""
        self._registry = registry
        self._authentication = authentication
        self._unfit = unfit

    def answer(
        self,
        work: Work,
        request: AnyRequest,
        endpoint: str,
        answers: Callable[[Work, ClientRequest], Answer],
    ) -> Answer:
        """Return what `answers` makes of a request, or the refusal of whatever it raises."""
        asked = None
        try:
            asked = self.read(request, endpoint)
            return answers(work, asked)
        except OAuth2Error as error:
            return self.refuse(work, error, asked, endpoint)

    def read(self, request: AnyRequest, endpoint: str) -> ClientRequest:
        """Return the strict form of a request: parameters come from the form alone.

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
        return ClientRequest(endpoint, form, shown, request)

    def authenticate(self, work: Work, asked: ClientRequest, methods: Collection[str]) -> Client:
        """Return the client of a request, authenticated by one of `methods`.

        Raises:
            AuthenticationFailed, SlowDown: see `ClientAuthentication.client`; or it is one whose id
                is an address, and there is no such client.
        """
        if self._unfit and (why := self._unfit(work, _named(asked.shown))) is not None:
            raise AuthenticationFailed(why)
        return self._authentication.client(
            work, asked.shown, methods, asked.endpoint, asked.request
        )

    def refuse(
        self, work: Work, error: OAuth2Error, asked: ClientRequest | None, endpoint: str
    ) -> Answer:
        """Return the standard's error (RFC 6749 section 5.2) and record it.

        `asked` is None when the request could not even be read. Of requests that are held back, the
        first of a series is recorded.
        """
        if isinstance(error, Waiting):
            return error_answer(error, endpoint)
        client_id = _named(asked.shown) if asked else ""
        known = self._registry.find(work, client_id) if client_id else None
        held = isinstance(error, SlowDown)
        why = getattr(error, "why", error.description) or ""
        if not held or error.first:
            audit.record(
                work,
                Event.CLIENT_HELD if held else _EVENTS.get(endpoint, Event.TOKEN_REFUSED),
                Outcome.REFUSED,
                client=known.client_id if known else None,
                reason=f"{error.error}: {why}"[:200],
            )
        return error_answer(error, endpoint)


def _named(shown: Credentials) -> str:
    """Return the client that a request says it is of: in header, form or assertion."""
    try:
        return named(shown)
    except InvalidAssertion:
        return shown.client_id


def _form(request: AnyRequest) -> dict[str, str]:
    """Return the parameters of a form, each once, without those that have no value.

    RFC 6749 section 3.2: a parameter without a value counts as left out.
    """
    pairs = _pairs(request)
    form = dict(pairs)
    if any(name in form for name in MANY):
        pairs = [*_together(pairs)]
    if len(form) < len(pairs):
        raise InvalidRequestError("send the parameter once")
    for name, value in pairs:
        if len(value) > _LONGER.get(name, MAX_VALUE) or "\x00" in value or "\ufffd" in value:
            raise InvalidRequestError("a parameter is too long or not text")
    return {name: value for name, value in pairs if value}


def _together(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the parameters, those of `MANY` once: their values with a space between two."""
    yield from (pair for pair in pairs if pair[0] not in MANY)
    for name in MANY:
        values = [value for known, value in pairs if known == name]
        if values:
            yield name, " ".join(filter(None, values))


def _pairs(request: AnyRequest) -> list[tuple[str, str]]:
    # Werkzeug's own reading of a form takes four times as long, and lets pass what is no UTF-8.
    try:
        return urlencoded.pairs(request.get_data().decode(), "strict")
    except RequestEntityTooLarge:
        raise InvalidRequestError("the request is too large", status_code=413) from None
    except UnicodeDecodeError:
        raise InvalidRequestError("a parameter is not text") from None
