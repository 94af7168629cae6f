"""Resource indicators (RFC 8707): which APIs an access token is for, when a client says so.

Owns which addresses a client may name, and what is left of a scope for them. What tokens are for
when nothing is named, `access_tokens.audience` says.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error

from idp.oidc.clients.client import Client
from idp.oidc.errors import RequestError
from idp.oidc.vocabulary import SCOPES
from idp.policy import roles
from idp.policy.roles import DIRECTORY_SCOPE, SIGNAL_SCOPES, opens_us

API = "/api/v1"
"""Below the issuer: our own API, as `aud` names it."""
SCIM = "/scim/v2"
"""Where directories keep people, as `aud` names it."""
SSF = "/ssf"
"""Where applications look after their streams of signals, as `aud` names it."""
NAME = "resource"
_OURS = frozenset((*SCOPES, *roles.SCOPES))
"""What people grant beside scopes of an operator's APIs."""


class InvalidTarget(OAuth2Error):
    """A resource that is not known, or not granted (RFC 8707 section 2)."""

    error = "invalid_target"

    def __init__(self, why: str) -> None:
        super().__init__(description=why, status_code=400)


def place(scope: str) -> str | None:
    """Return which place of ours a scope opens, below the issuer; None: it is no scope of ours."""
    if not opens_us(scope):
        return None
    if scope in SIGNAL_SCOPES:
        return SSF
    return SCIM if scope == DIRECTORY_SCOPE else API


def api_of(issuer: str, client: Client, scope: str) -> str | None:
    """Return the API that a scope of this client opens, ours or another; None: it is of no one."""
    where = place(scope)
    return client.scope_apis.get(scope) if where is None else issuer + where


def still(client: Client, scope: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a client may have today of a scope that was granted to it.

    A scope of an API is worth what the client is registered for, for as long as it is.
    """
    if _OURS.issuperset(scope):
        return scope
    return tuple(name for name in scope if name in _OURS or name in client.scope_apis)


def known(issuer: str, client: Client) -> tuple[str, ...]:
    """Return what a client may name: the APIs that it is registered for, and our own."""
    own = {issuer + where for name in client.api_scopes if (where := place(name)) is not None}
    return (*client.audience, *(client.resource_scopes or ()), *sorted(own))


def problem(issuer: str, asked: Sequence[str], among: Iterable[str]) -> str | None:
    """Return why what is asked for cannot be had; it must be `among` what may be named."""
    if not set(asked) <= set(among) or not all(map(_absolute, asked)):
        return "this resource is none that the client is registered for, or was granted"
    if len(asked) > 1 and {issuer + API, issuer + SCIM, issuer + SSF} & set(asked):
        return "what opens this provider itself is for nothing else"
    return None


def _absolute(uri: str) -> bool:
    try:
        return bool(urlsplit(uri).scheme) and "#" not in uri
    except ValueError:
        return False


def asked_for(text: str) -> tuple[str, ...]:
    """Return the resources of a request, each once, in their order."""
    return tuple(dict.fromkeys(text.split()))


def named(issuer: str, client: Client, text: str) -> tuple[str, ...]:
    """Return the resources of an authorization request.

    Raises:
        RequestError: invalid_target.
    """
    if not text:
        return ()
    asked = asked_for(text)
    if (why := problem(issuer, asked, known(issuer, client))) is not None:
        raise RequestError("invalid_target", why)
    return asked


def granted(
    issuer: str, client: Client, text: str, before: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the resources of a token request: of those that were granted `before`, if any were.

    Raises:
        InvalidTarget: others were asked for.
    """
    if not text:
        return before
    asked = asked_for(text)
    if (why := problem(issuer, asked, before or known(issuer, client))) is not None:
        raise InvalidTarget(why)
    return asked or before


def scope_for(
    issuer: str, client: Client, scope: tuple[str, ...], resources: tuple[str, ...]
) -> tuple[str, ...]:
    """Return what is left of a scope for these APIs: what opens one is shown to no other."""
    if not resources:
        return scope
    places = [(name, api_of(issuer, client, name)) for name in scope]
    return tuple(name for name, where in places if where is None or where in resources)
