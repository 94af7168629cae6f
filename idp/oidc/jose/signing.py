"""Signing: the key that signs for an algorithm, a JWT made by it, and the hashes bound to it.

Owns the form of what we sign (RFC 7515, RFC 7519). Which key signs, `tokens.signing_keys` says.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwk, jwt
from joserfc.jwa import EdDSAAlgorithm

from idp import crypto

Key = jwk.RSAKey | jwk.ECKey | jwk.OKPKey


@dataclass(frozen=True)
class Signer:
    """The one key that signs for an algorithm now."""

    kid: str
    alg: str
    key: Key


_HASHES = {
    "RS256": hashlib.sha256,
    "PS256": hashlib.sha256,
    "ES256": hashlib.sha256,
    # Ed25519 itself hashes by SHA-512: no RFC says so, and it is what Authlib takes.
    "EdDSA": hashlib.sha512,
}


class _Ed25519ByItsOldName(EdDSAAlgorithm):
    """EdDSA without a warning at every signature.

    RFC 9864 wants a name that tells the curve. Applications know the old one, and our keys for it
    are on Ed25519, always.
    """

    security_warning = ""


def signed(signer: Signer, content: Mapping[str, Any], typ: str = "JWT") -> str:
    """Return `content` as a JWT of type `typ`, signed."""
    header = {"alg": signer.alg, "typ": typ, "kid": signer.kid}
    return jwt.encode(header, dict(content), signer.key, algorithms=[signer.alg])


def half_hash(value: str, alg: str) -> str:
    """Return at_hash, c_hash or s_hash: the left half of the hash, base64url (OIDC Core 3.1.3.6).

    The hash is that of the ID token's own algorithm; for EdDSA with Ed25519 it is SHA-512.
    """
    full = _HASHES[alg](value.encode("utf-8")).digest()
    return crypto.base64url(full[: len(full) // 2])
