"""A proof of possession (RFC 9449 section 4): a JWT by which whoever asks shows a key of their own.

What it must say is a table of checks. The key stands in its header, believed for this alone: that
the same key is shown again wherever what was bound to it is used.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error

from idp import clock, crypto
from idp.oidc.jose.compact import (
    InvalidAssertion,
    numeric_date,
    read_header,
    unverified_claims,
    unverified_header,
    verified_claims,
)
from idp.oidc.jose.key_reading import proving_key
from idp.oidc.vocabulary import PROOF_ALGS

TYPE = "dpop+jwt"
MAX_PROOF = 8192
MAX_JTI = 512
PAST = 60
"""Seconds that a proof may be old …"""
AHEAD = 30
"""… or, by another clock, young."""
REMEMBERED = PAST + AHEAD + 1
"""Seconds for which a proof could be shown again."""
_PORTS = {"https": 443, "http": 80}


class InvalidProof(OAuth2Error):
    """A proof that is not accepted, or is missing (RFC 9449 section 5)."""

    error = "invalid_dpop_proof"

    def __init__(self, why: str) -> None:
        super().__init__(description=why, status_code=400)


@dataclass(frozen=True)
class Proof:
    """A proof that is right by itself: signed with the key that it shows, for this request."""

    jkt: str
    """The thumbprint of the key (RFC 7638)."""
    jti: str
    nonce: str | None
    ath: str | None
    """What it says is the digest of the access token that comes with it."""

    def goes_with(self, token: str) -> bool:
        """Return True if it was made for this access token (RFC 9449 section 4.3, item 12)."""
        return self.ath is not None and crypto.same(self.ath, crypto.digest(token))


@dataclass(frozen=True)
class Shown:
    """What a proof says, and the request that it came with."""

    claims: Mapping[str, Any]
    method: str
    uris: tuple[str, ...]
    """The address that was called, as the issuer is written; for certificates, perhaps another."""
    now: int


# -- what must be true of what it says: each returns why it is not


def method(shown: Shown) -> str | None:
    return None if shown.claims.get("htm") == shown.method else "htm is not the method"


def address(shown: Shown) -> str | None:
    """The address counts without query and fragment, in its normal form (RFC 3986 section 6.2)."""
    said = normal(shown.claims.get("htu"))
    here = said is not None and said in map(normal, shown.uris)
    return None if here else "htu is not this address"


def made(shown: Shown) -> str | None:
    at = numeric_date(shown.claims.get("iat"))
    if at is None:
        return "iat must be a time"
    return None if shown.now - PAST <= at <= shown.now + AHEAD else "iat is too old, or to come"


def in_force(shown: Shown) -> str | None:
    """`exp` and `nbf` need not be there; what is there holds (RFC 7519 section 4.1)."""
    begin, end = (numeric_date(shown.claims.get(name, shown.now)) for name in ("nbf", "exp"))
    if begin is None or end is None:
        return "exp and nbf must be times"
    return None if begin <= shown.now + AHEAD and end > shown.now - AHEAD else "it is not in force"


def identifier(shown: Shown) -> str | None:
    jti = shown.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        return "jti must be a string, and not too long"
    return None


def texts(shown: Shown) -> str | None:
    found = [shown.claims.get(name) for name in ("nonce", "ath")]
    return None if all(isinstance(one, str | None) for one in found) else "nonce and ath are texts"


CHECKS: tuple[Callable[[Shown], str | None], ...] = (
    method,
    address,
    made,
    in_force,
    identifier,
    texts,
)


def read(text: str, http_method: str, *uris: str) -> Proof:
    """Return the proof that came with a request to one of `uris`, which are the same address.

    Raises:
        InvalidProof: it is none, or for another request.
    """
    try:
        claims, jkt = _signed(text)
    except InvalidAssertion as error:
        raise InvalidProof(str(error)) from None
    shown = Shown(claims, http_method, uris, clock.now())
    for check in CHECKS:
        if (why := check(shown)) is not None:
            raise InvalidProof(why)
    return Proof(jkt, claims["jti"], claims.get("nonce"), claims.get("ath"))


def _signed(text: str) -> tuple[dict[str, Any], str]:
    """Return what a proof says, and the thumbprint of the key that signed it.

    Raises:
        InvalidAssertion: it is no proof, or is not signed with the key that it shows.
    """
    if len(text) > MAX_PROOF:
        raise InvalidAssertion("the proof is too long")
    header = read_header(text)
    if header.typ != TYPE:
        raise InvalidAssertion(f"typ must be {TYPE}")
    if header.alg not in PROOF_ALGS:
        raise InvalidAssertion("the algorithm is none of those for proofs")
    key = proving_key(unverified_header(text).get("jwk"), header.alg)
    if key is None:
        raise InvalidAssertion("jwk must be a public key for the algorithm, and nothing private")
    # Looked at first: a proof that says nothing costs no verification.
    unverified_claims(text)
    claims = verified_claims(text, [key], header.alg)
    if claims is None:
        raise InvalidAssertion("the proof is not signed with the key that it shows")
    return claims, thumbprint(key)


def thumbprint(key: Any) -> str:
    """Return the SHA-256 thumbprint of a key (RFC 7638)."""
    found: str = key.thumbprint()
    return found


def normal(uri: Any) -> str | None:
    """Return an address without query and fragment in its normal form; None for what is none."""
    if not isinstance(uri, str) or len(uri) > MAX_PROOF:
        return None
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc:
        return None
    shown = "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}{parts.path or '/'}"
