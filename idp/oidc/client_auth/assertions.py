"""Assertions by which clients authenticate: private_key_jwt and client_secret_jwt.

OIDC Core section 9, RFC 7521 and RFC 7523 section 3, sharpened by RFC 8725: what an assertion must
say is a table of checks; that it is used once is one INSERT, done last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from idp import clock, crypto
from idp.oidc.client_auth.keys import ClientKeys
from idp.oidc.clients.client import Client
from idp.oidc.clients.secrets import signing_key
from idp.oidc.jose.compact import (
    InvalidAssertion,
    numeric_date,
    read_header,
    unverified_claims,
    verified_claims,
)
from idp.oidc.vocabulary import ASSERTION_ALGS
from idp.store import spent
from idp.store.db import Work

METHODS = ("private_key_jwt", "client_secret_jwt")
LEEWAY = 60
"""Seconds by which clocks may differ."""
LONGEST = 3600
"""Seconds ahead that `exp` may be: Authlib signs for an hour and lets no one change it. A longer
life is no longer chance to replay, since every `jti` is remembered until its end."""
MAX_ASSERTION = 8192
MAX_JTI = 512
_TYPES = (None, "jwt", "client-authentication+jwt")


@dataclass(frozen=True)
class Audiences:
    """How an assertion may call us: `issuer` always, the addresses for some clients."""

    issuer: str
    addresses: frozenset[str]


@dataclass(frozen=True)
class Assertion:
    """The claims of a JWT whose signature is right, and what they are held against."""

    claims: dict[str, Any]
    client: Client
    audiences: Audiences
    now: int


# -- what must be true of the claims: each returns why it is not


def parties(assertion: Assertion) -> str | None:
    """RFC 7523 section 3: a client speaks for itself."""
    known = assertion.client.client_id
    if assertion.claims.get("iss") != known or assertion.claims.get("sub") != known:
        return "iss and sub must be the client_id"
    return None


def audience(assertion: Assertion) -> str | None:
    """A JWT that is for anyone else too could be passed on by them.

    By the setting `issuer` of a client it must be the issuer, as a string (FAPI 2.0 5.3.2.1).
    """
    said, own = assertion.claims.get("aud"), assertion.audiences
    if assertion.client.assertion_audience == "issuer":
        return None if said == own.issuer else "aud must be the issuer, and nothing else"
    several = said if isinstance(said, list) else [said]
    accepted = own.addresses | {own.issuer}
    if several and all(isinstance(one, str) and one in accepted for one in several):
        return None
    return "aud must be this issuer or this endpoint, and nobody else"


def expiry(assertion: Assertion) -> str | None:
    moment = numeric_date(assertion.claims.get("exp"))
    if moment is None:
        return "exp must be a time"
    if moment <= assertion.now - LEEWAY:
        return "the assertion has expired"
    return "exp is too far away" if moment > assertion.now + LONGEST + LEEWAY else None


def beginning(assertion: Assertion) -> str | None:
    """`nbf` and `iat` need not be there; neither may lie in the future."""
    for name in ("nbf", "iat"):
        if name not in assertion.claims:
            continue
        moment = numeric_date(assertion.claims[name])
        if moment is None or moment > assertion.now + LEEWAY:
            return f"{name} must be a time in the past"
    return None


def identifier(assertion: Assertion) -> str | None:
    jti = assertion.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        return "jti must be a string, and not too long"
    return None


CHECKS: tuple[Callable[[Assertion], str | None], ...] = (
    parties,
    audience,
    expiry,
    beginning,
    identifier,
)


class Assertions:
    """Verifies the assertions of clients. Threads share one."""

    def __init__(self, keyring: crypto.Keyring, keys: ClientKeys) -> None:
        self._keyring = keyring
        self._keys = keys

    def accept(self, work: Work, client: Client, text: str, audiences: Audiences) -> None:
        """Use an assertion: once, by the client that signed it. May fetch the client's keys.

        Raises:
            InvalidAssertion: with why.
        """
        claims = self._signed(work, client, text)
        assertion = Assertion(claims, client, audiences, clock.now())
        for check in CHECKS:
            if (why := check(assertion)) is not None:
                raise InvalidAssertion(why)
        lifetime = int(claims["exp"]) + LEEWAY + 1 - assertion.now
        once = spent.claim(
            work, "assertion", client.client_id, claims["jti"], lifetime=max(lifetime, 1)
        )
        if not once:
            raise InvalidAssertion("the assertion was used before")

    def _signed(self, work: Work, client: Client, text: str) -> dict[str, Any]:
        """Return the claims; the registration decides by which kind of key, never the token."""
        header = read_header(text)
        if header.typ not in _TYPES:
            raise InvalidAssertion("typ is that of another kind of JWT")
        registered = client.token_endpoint_auth_signing_alg
        if client.token_endpoint_auth_method == "private_key_jwt":
            algs = client.signs_by(ASSERTION_ALGS if registered is None else (registered,))
            return self._keys.claims(work, client, text, algs)
        key = signing_key(self._keyring, client)
        if key is None or header.alg != "HS256":
            raise InvalidAssertion("the client signs with its secret by HS256, or has none")
        claims = verified_claims(text, [key], "HS256")
        if claims is None:
            raise InvalidAssertion("the signature is not made with the secret of this client")
        return claims


def claimed_client(text: str) -> str:
    """Return the client that an assertion says it is of, unverified.

    Raises:
        InvalidAssertion: it is too long, no JWT, or names no one.
    """
    if len(text) > MAX_ASSERTION:
        raise InvalidAssertion("the assertion is too long")
    subject = unverified_claims(text).get("sub")
    if not isinstance(subject, str) or not subject:
        raise InvalidAssertion("sub must be the client_id")
    return subject
