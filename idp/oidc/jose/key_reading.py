"""Public keys as JSON Web Keys (RFC 7517): which can be used here, and which verifies what.

Owns what a key must be: of a kind and size we verify with, meant for signatures, public. It never
fetches one and never decides whose it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwk
from joserfc.errors import JoseError

from idp import crypto

MAX_KEYS = 20
"""Keys of one set that are looked at."""
RSA_BITS = range(2048, 8193)
"""Smaller ones are weak (SP 800-131A); larger ones let a stranger keep us busy."""
EXPONENT_BITS = 32
"""Of a public exponent: 65537 has 17."""
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_EDWARDS = ("EdDSA", "Ed25519")
Key = jwk.RSAKey | jwk.ECKey | jwk.OKPKey
KINDS: dict[str, type[jwk.RSAKey] | type[jwk.ECKey] | type[jwk.OKPKey]] = {
    "RS256": jwk.RSAKey,
    "PS256": jwk.RSAKey,
    "ES256": jwk.ECKey,
    **dict.fromkeys(_EDWARDS, jwk.OKPKey),
}
"""What verifies an algorithm."""


@dataclass(frozen=True)
class PublicKey:
    """A key that verifies signatures, with what its owner says of it."""

    kid: str | None
    alg: str | None
    key: Key

    def fits(self, alg: str) -> bool:
        """Return True if this key may verify `alg`."""
        kind = KINDS.get(alg)
        return kind is not None and isinstance(self.key, kind) and self._named(alg)

    def _named(self, alg: str) -> bool:
        """The two names of Ed25519 are one algorithm (RFC 9864 section 2.2)."""
        return self.alg in (None, alg) or {self.alg, alg} == {*_EDWARDS}


def choose(keys: Iterable[PublicKey], alg: str, kid: str | None) -> list[Key]:
    """Return the keys that may have signed: that `kid`, or all that fit when there is none.

    A set without any kid fits every kid: a name is no proof, the signature is.
    """
    fitting = [key for key in keys if key.fits(alg)]
    if kid is not None:
        named = [key for key in fitting if key.kid == kid]
        fitting = named or [key for key in fitting if key.kid is None]
    return [key.key for key in fitting]


def read_keys(jwks: Mapping[str, Any]) -> tuple[PublicKey, ...]:
    """Return the keys of a JWK Set that can be used here; others are left out (RFC 7517 5).

    Raises:
        ValueError: this is no JWK Set.
    """
    found = jwks.get("keys")
    if not isinstance(found, list):
        raise ValueError("a JWK Set has a list of keys")
    read = (_read_key(member) for member in found[:MAX_KEYS])
    return tuple(key for key in read if key is not None)


def proving_key(member: Any, alg: str) -> Key | None:
    """Return the public key that a proof shows in its own header (RFC 9449 section 4.2).

    None for what is no key for `alg`, holds anything private, or would keep us busy.
    """
    if not isinstance(member, dict) or _PRIVATE & member.keys():
        return None
    try:
        if member.get("kty") == "RSA" and bits(member["e"]) > EXPONENT_BITS:
            return None
        key = _import(member)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, KINDS[alg]) else None


def _read_key(member: Any) -> PublicKey | None:
    if not isinstance(member, dict) or "d" in member or "k" in member:
        return None  # a private key that is published is everyone's
    operations = member.get("key_ops", ["verify"])
    if member.get("use", "sig") != "sig" or not isinstance(operations, list):
        return None
    kid, alg = member.get("kid"), member.get("alg")
    if "verify" not in operations or not isinstance(kid, str | None):
        return None
    if alg is not None and (not isinstance(alg, str) or alg not in KINDS):
        return None
    try:
        return PublicKey(kid, alg, _import(member))
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _import(member: Mapping[str, Any]) -> Key:
    """Import the numbers alone: nothing else that stands in a JWK changes the key."""
    if member.get("kty") == "RSA":
        if bits(member["n"]) not in RSA_BITS:
            raise ValueError("an RSA key of this size is not used")
        return jwk.RSAKey.import_key({"kty": "RSA", "n": member["n"], "e": member["e"]})
    if member.get("kty") == "EC" and member.get("crv") == "P-256":
        return jwk.ECKey.import_key(
            {"kty": "EC", "crv": "P-256", "x": member["x"], "y": member["y"]}
        )
    if (member.get("kty"), member.get("crv")) == ("OKP", "Ed25519"):
        return jwk.OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": member["x"]})
    raise ValueError("a key of another type")


def bits(number: str) -> int:
    """Return how long a number of a JWK is.

    Raises:
        ValueError: it is none.
    """
    return int.from_bytes(crypto.from_base64url(number[:2000]), "big").bit_length()
