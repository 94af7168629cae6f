"""Encryption to a client (RFC 7516): its keys for that, which one fits, and what is made with it.

What is encrypted was signed before, and says so (`cty`). Only public keys are known here: nothing
is ever decrypted, so that nobody can make us unpack what is large.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwe, jwk
from joserfc.errors import JoseError

from idp import crypto
from idp.oidc.jose.key_reading import EXPONENT_BITS, MAX_KEYS, RSA_BITS, bits

ALGS = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
ENCS = ("A128CBC-HS256", "A128GCM", "A256GCM", "A256CBC-HS512")
USUAL_ENC = "A128CBC-HS256"
"""Where a client names none (OpenID Connect Registration section 2)."""
_CURVES = ("P-256", "P-384", "P-521")
_OPERATIONS = frozenset({"encrypt", "wrapKey", "deriveKey", "deriveBits"})
_PRIVATE = ("d", "k")


@dataclass(frozen=True)
class EncryptionKey:
    """A public key that its owner decrypts with."""

    kid: str | None
    alg: str | None
    key: jwk.RSAKey | jwk.ECKey
    meant: bool
    """It is for encryption and nothing else (`use`)."""

    def fits(self, alg: str) -> bool:
        """Return True if `alg` can be done with it, and its owner wants that."""
        kind = jwk.RSAKey if alg.startswith("RSA") else jwk.ECKey
        return isinstance(self.key, kind) and self.alg in (None, alg)


@dataclass(frozen=True)
class Recipient:
    """Whom something is encrypted to, and how."""

    key: EncryptionKey
    alg: str
    enc: str

    def encrypted(self, content: str, *, nested: bool = True) -> str:
        """Return `content`, which is a JWT if it is `nested`, as a compact JWE."""
        header = {"alg": self.alg, "enc": self.enc}
        if self.key.kid is not None:
            header["kid"] = self.key.kid
        if nested:
            header["cty"] = "JWT"
        algs = [self.alg, self.enc]
        return jwe.encrypt_compact(header, content, self.key.key, algorithms=algs)


def choose(keys: Iterable[EncryptionKey], alg: str) -> EncryptionKey | None:
    """Return the key to encrypt with by `alg`: one that is for nothing else, if there is one."""
    fitting = [key for key in keys if key.fits(alg)]
    return next((key for key in fitting if key.meant), fitting[0] if fitting else None)


def read_keys(members: Iterable[Any]) -> Iterator[EncryptionKey]:
    """Yield those of the members of a JWK Set that something can be encrypted with."""
    for member in [*members][:MAX_KEYS]:
        if isinstance(member, dict) and not any(name in member for name in _PRIVATE):
            found = _read(member)
            if found is not None:
                yield found


def _read(member: Mapping[str, Any]) -> EncryptionKey | None:
    kid, alg = member.get("kid"), member.get("alg")
    operations = member.get("key_ops", ["encrypt"])
    if member.get("use", "enc") != "enc" or not isinstance(operations, list):
        return None
    if not isinstance(kid, str | None) or not (alg is None or alg in ALGS):
        return None
    if not any(isinstance(one, str) and one in _OPERATIONS for one in operations):
        return None
    try:
        return EncryptionKey(kid, alg, _import(member), meant="use" in member)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _import(member: Mapping[str, Any]) -> jwk.RSAKey | jwk.ECKey:
    """Import the numbers alone: nothing else that stands in a JWK changes the key."""
    if member.get("kty") == "RSA":
        if bits(member["n"]) not in RSA_BITS or bits(member["e"]) > EXPONENT_BITS:
            raise ValueError("an RSA key of this size is not used")
        if not _odd(member["n"]):
            # It imports, and nothing can be encrypted with it.
            raise ValueError("the modulus of an RSA key is odd")
        return jwk.RSAKey.import_key({"kty": "RSA", "n": member["n"], "e": member["e"]})
    if member.get("kty") == "EC" and member.get("crv") in _CURVES:
        names = ("kty", "crv", "x", "y")
        return jwk.ECKey.import_key({name: member[name] for name in names})
    raise ValueError("a key of another type")


def _odd(number: str) -> bool:
    return bool(crypto.from_base64url(number)[-1] & 1)
