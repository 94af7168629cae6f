"""The token exchange grant (RFC 8693): a service that was given a token gets one for the next.

Narrowing only: of the scopes, of the APIs and of the time that the token before has. The service
stays visible (`act`): this is delegation, and nobody is impersonated. It is refused unless an
operator named the application whose tokens a service may exchange.
"""

from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError

from idp import crypto
from idp.oidc.clients import registry
from idp.oidc.clients.client import Client
from idp.oidc.token_endpoint.grant import Grant, Granted, TokenRequest
from idp.oidc.tokens import access_tokens
from idp.oidc.tokens.access_tokens import Access
from idp.oidc.tokens.exchanging import ACCESS_TOKEN, Exchange
from idp.oidc.tokens.resources import NAME, InvalidTarget, asked_for
from idp.policy.roles import opens_us

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
MOST_ACTORS = 5
"""Services one behind the other."""
_OF_THE_FIRST = frozenset({"openid", "offline_access"})
"""What is for the application alone that the person let in: userinfo, and going on without."""


class SubjectRefused(InvalidRequestError):
    """The token cannot be exchanged by who asks: of an unknown one they learn no less."""

    def __init__(self, why: str) -> None:
        super().__init__("the subject_token is unknown, has ended, or is not for this client")
        self.why = why
        """What the trail says."""


class ExchangeGrant(Grant):
    """A live access token of a person, for a service that may pass it on."""

    name = GRANT
    public = False

    def authorize(self, request: TokenRequest) -> Granted:
        token = _subject_token(request.form)
        request.no_details()
        subject = access_tokens.find(request.work, token)
        if subject is None:
            raise SubjectRefused("the subject_token is unknown or has ended")
        exchange = _exchange(request, subject, crypto.digest(token))
        return Granted(_scope(exchange, request.form.get("scope", "")), exchange=exchange)

    def not_claimed(self, request: TokenRequest, granted: Granted) -> Granted:
        raise SubjectRefused("the subject_token has ended meanwhile")


def _subject_token(form: Mapping[str, str]) -> str:
    """Return the token that is to be exchanged, of a request that asks for what there is.

    Raises:
        InvalidRequestError: it lacks something, or names an actor beside the client.
    """
    if "subject_token" not in form:
        raise InvalidRequestError("subject_token is missing")
    if form.get("subject_token_type") != ACCESS_TOKEN:
        raise InvalidRequestError(f"subject_token_type must be {ACCESS_TOKEN}")
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise InvalidRequestError(f"requested_token_type can be {ACCESS_TOKEN} alone")
    if "actor_token" in form or "actor_token_type" in form:
        raise InvalidRequestError("the client that asks is the actor: send no actor_token")
    return form["subject_token"]


def _exchange(request: TokenRequest, subject: Access, presented: str) -> Exchange:
    """Return what is exchanged, where this client may do that.

    Raises:
        SubjectRefused: it may not, or there is nobody for whom it would act.
        InvalidTarget: the token is not for what is named.
        InvalidRequestError: nothing is named, or too many services stand between.
    """
    client, authorization = request.client, subject.authorization
    if authorization is None:
        raise SubjectRefused("the subject_token is a client's own: nobody signed in")
    if subject.confined.jkt is not None:
        raise SubjectRefused("the subject_token is bound to a key, which is not passed on")
    if subject.client_id not in client.exchange_from:
        raise SubjectRefused(f"{subject.client_id} is not among exchange_from of the client")
    owner = registry.stored(request.work, authorization.client_id)
    if owner is None:
        raise SubjectRefused("the application of the subject_token is switched off")
    issuer = request.issuer.name
    audience = _audience(issuer, owner, subject)
    if {client.client_id, *client.speaks_for}.isdisjoint((*audience, subject.client_id)):
        raise SubjectRefused("the subject_token is not for this client")
    if _actors(subject.act) >= MOST_ACTORS:
        raise InvalidRequestError("too many services act one behind the other")
    return Exchange(subject, presented, authorization, owner, _named(request.form, audience))


def _audience(issuer: str, owner: Client, subject: Access) -> tuple[str, ...]:
    found = access_tokens.audience(issuer, owner, subject)
    return (found,) if isinstance(found, str) else tuple(found)


def _named(form: Mapping[str, str], audience: tuple[str, ...]) -> tuple[str, ...]:
    """Return the APIs that the new token is for: some of those of the token before.

    Raises:
        InvalidRequestError: none is named.
        InvalidTarget: another is.
    """
    names = [one for name in ("audience", NAME) for one in asked_for(form.get(name, ""))]
    if not names:
        raise InvalidRequestError("name the API that the token is for: audience or resource")
    if not set(names) <= set(audience):
        raise InvalidTarget("the subject_token is not for this audience")
    return tuple(dict.fromkeys(names))


def _scope(exchange: Exchange, asked: str) -> tuple[str, ...]:
    """Return what was asked for, or all that can be passed on to the APIs of the new token.

    Raises:
        InvalidScopeError: more was asked for than the token before has, or what is not passed on.
    """
    apis = exchange.owner.scope_apis
    own = [
        name
        for name in exchange.subject.scope
        if _passes(name) and apis.get(name) in (None, *exchange.audience)
    ]
    wanted = asked.split()
    if not set(wanted) <= set(own):
        raise InvalidScopeError("the subject_token has less than that to pass on")
    return tuple(name for name in own if not wanted or name in wanted)


def _passes(scope: str) -> bool:
    return scope not in _OF_THE_FIRST and not opens_us(scope)


def _actors(act: Mapping[str, Any] | None) -> int:
    count = 0
    while act is not None:
        count, act = count + 1, act.get("act")
    return count
