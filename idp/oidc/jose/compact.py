"""JSON Web Signatures of strangers in compact form: read strictly, verified by one algorithm.

RFC 7515 section 7.1 and RFC 8725: the algorithm is chosen by us, never by the token alone; headers
that would change how a token is read are refused; a member that stands twice is an error.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from joserfc import jwk, jws
from joserfc.errors import JoseError

from idp import crypto

Key = jwk.RSAKey | jwk.ECKey | jwk.OctKey | jwk.OKPKey


_LATEST = 1 << 53
"""Beyond it a number of JSON is not the same one everywhere (RFC 8259 section 6)."""


class _Registry(jws.JWSRegistry):
    """What joserfc takes of a header: an RSA key stands in that of a proof (RFC 9449)."""

    max_header_length = 4096


class InvalidAssertion(ValueError):
    """A signed statement that is not accepted; the message says why, and quotes nothing of it."""


def numeric_date(value: Any) -> float | None:
    """Return a NumericDate (RFC 7519 section 2), or None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < _LATEST else None


@dataclass(frozen=True)
class Header:
    """The members of a header that mean something here; `typ` in lower case, without prefix."""

    alg: str
    kid: str | None
    typ: str | None


def read_header(token: str) -> Header:
    """Return the header of a token that no one has verified.

    Raises:
        InvalidAssertion: no compact JWS, or one that asks for more than we understand.
    """
    members = _part(token, 0)
    if "crit" in members or "b64" in members or "zip" in members:
        raise InvalidAssertion("the header asks for an extension")
    alg, kid, typ = members.get("alg"), members.get("kid"), members.get("typ")
    if not isinstance(alg, str):
        raise InvalidAssertion("the header names no algorithm")
    if not isinstance(kid, str | None) or not isinstance(typ, str | None):
        raise InvalidAssertion("kid and typ must be strings")
    return Header(alg, kid, None if typ is None else typ.lower().removeprefix("application/"))


def unverified_header(token: str) -> dict[str, Any]:
    """Return the members of a header, believed by no one: see `read_header`.

    Raises:
        InvalidAssertion: no compact JWS of a JSON object.
    """
    return _part(token, 0)


def unverified_claims(token: str) -> dict[str, Any]:
    """Return what a token says, believed by no one: only to learn whose keys to hold it against.

    Raises:
        InvalidAssertion: no compact JWS of a JSON object.
    """
    return _part(token, 1)


def verified_claims(token: str, keys: Iterable[Key], alg: str) -> dict[str, Any] | None:
    """Return what a token says if one of `keys` signed it by `alg`; None otherwise.

    Raises:
        InvalidAssertion: signed, but not a JSON object with distinct members.
    """
    for key in keys:
        try:
            found = jws.deserialize_compact(token, key, registry=_Registry(algorithms=[alg]))
        except (JoseError, ValueError, TypeError):
            continue
        return _object(found.payload or b"")
    return None


def _part(token: str, number: int) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) == 5:
        raise InvalidAssertion("what is encrypted is not taken: send what is signed")
    if len(parts) != 3 or not token.isascii():
        raise InvalidAssertion("this is no compact JWS")
    try:
        return _object(crypto.from_base64url(parts[number]))
    except ValueError as error:
        raise InvalidAssertion("this is no compact JWS of JSON objects") from error


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidAssertion("this is no JSON object with distinct members") from error
    if not isinstance(found, dict):
        raise InvalidAssertion("this is no JSON object with distinct members")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
