"""Signed requests (CIBA Core 1.0 section 7.1.1): all parameters in a JWT that the client signed.

What must be true of it is a table of checks, of that section and of FAPI-CIBA (5.2.2): it says
whose it is and for whom, it lives for an hour at most, and it is used once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.oidc.authorize.request_object import LEEWAY, TYPES, as_text, beyond_an_hour
from idp.oidc.ciba.vocabulary import PARAMETERS
from idp.oidc.client_auth.keys import ClientKeys, KeysBusy
from idp.oidc.clients.client import Client
from idp.oidc.errors import RequestError
from idp.oidc.jose.compact import InvalidAssertion, numeric_date, read_header
from idp.oidc.vocabulary import REQUEST_OBJECT_ALGS
from idp.store import spent
from idp.store.db import Work

MAX_JTI = 512


@dataclass(frozen=True)
class Opened:
    """The members of a JWT whose signature is right, and what they are held against."""

    members: Mapping[str, Any]
    client: Client
    own_name: str
    """Ours, as the issuer."""
    now: int


# -- what must be true of the members: each returns why it is not


def issuer(opened: Opened) -> str | None:
    return None if opened.members.get("iss") == opened.client.client_id else "iss: the client_id"


def audience(opened: Opened) -> str | None:
    said = opened.members.get("aud")
    known = said if isinstance(said, list) else [said]
    return None if opened.own_name in known else "aud: this issuer"


def times(opened: Opened) -> str | None:
    exp, nbf, iat = (numeric_date(opened.members.get(name)) for name in ("exp", "nbf", "iat"))
    if exp is None or nbf is None or iat is None:
        return "exp, nbf and iat: times"
    if exp <= opened.now - LEEWAY:
        return "exp: it has expired"
    if max(nbf, iat) > opened.now + LEEWAY:
        return "nbf and iat: it is not valid yet"
    return beyond_an_hour(nbf, exp, opened.now)


def identifier(opened: Opened) -> str | None:
    jti = opened.members.get("jti")
    decent = isinstance(jti, str) and 0 < len(jti) <= MAX_JTI
    return None if decent else "jti: a string, and not too long"


def nesting(opened: Opened) -> str | None:
    nested = any(name in opened.members for name in ("request", "request_uri"))
    return "request: it holds no other" if nested else None


CHECKS: tuple[Callable[[Opened], str | None], ...] = (
    nesting,
    issuer,
    audience,
    times,
    identifier,
)


class SignedRequests:
    """Turns the form of a request into the parameters that count. Threads share one."""

    def __init__(self, issuer: str, keys: ClientKeys) -> None:
        self._issuer = issuer
        self._keys = keys

    def unpack(self, work: Work, client: Client, form: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters; a signed request is used up. May fetch the client's keys.

        Raises:
            RequestError: it is not signed though it must be, not rightly, or not for the first
                time; or something stands beside it.
        """
        outside = {name: form[name] for name in PARAMETERS if name in form}
        if "request" not in form:
            if _must_sign(client):
                raise _refuse("this client sends signed requests only")
            return outside
        if outside:
            raise _refuse("what is asked stands in the signed request, and nowhere else")
        members = self._signed(work, client, form["request"])
        opened = Opened(members, client, self._issuer, clock.now())
        for check in CHECKS:
            if (why := check(opened)) is not None:
                raise _refuse(f"in the signed request, {why}")
        found = _texts(members)
        lifetime = int(members["exp"]) + LEEWAY + 1 - opened.now
        jti = str(members["jti"])
        if not spent.claim(work, "ciba", client.client_id, jti, lifetime=max(lifetime, 1)):
            raise _refuse("the signed request was used before")
        return found

    def _signed(self, work: Work, client: Client, token: str) -> dict[str, Any]:
        registered = client.backchannel_authentication_request_signing_alg
        algs = client.signs_by((registered,) if registered else REQUEST_OBJECT_ALGS)
        try:
            if (read_header(token).typ or "jwt") not in TYPES:
                raise InvalidAssertion("this typ of JWT is no request")
            return self._keys.claims(work, client, token, algs)
        except InvalidAssertion as error:
            raise _refuse(str(error)) from None
        except KeysBusy as error:
            raise RequestError(error.error, error.description) from None


def _must_sign(client: Client) -> bool:
    alg = client.backchannel_authentication_request_signing_alg
    return alg is not None or client.require_signed_request_object


def _texts(members: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters as they would stand in a form; empty ones left out."""
    try:
        found = {name: as_text(name, members[name]) for name in PARAMETERS if name in members}
    except RequestError as error:
        raise _refuse(error.description) from None
    return {name: value for name, value in found.items() if value}


def _refuse(description: str) -> RequestError:
    """Return the one error that section 13 has for it."""
    return RequestError("invalid_request", description)
