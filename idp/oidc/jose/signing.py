"""Signing: the key that signs for an algorithm, a JWT made by it, and the hashes bound to it.

Owns the form of what we sign (RFC 7515, RFC 7519). Which key signs, `tokens.signing_keys` says.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from joserfc import jwk
from joserfc.jwa import EdDSAAlgorithm
from joserfc.jws import JWSRegistry

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


JWSRegistry.register(_Ed25519ByItsOldName())
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def signed(signer: Signer, content: Mapping[str, Any], typ: str = "JWT") -> str:
    """Return `content` as a JWT of type `typ`, signed (RFC 7515 section 7.1).

    Raises:
        JoseError: the key is not one for its algorithm.
    """
    # joserfc's own way from claims to a token looks, each time, for whatever a header may hold.
    algorithm = JWSRegistry.algorithms[signer.alg]
    algorithm.check_key(signer.key)
    payload = crypto.base64url(_json(dict(content)).encode())
    text = f"{_header(signer.alg, signer.kid, typ)}.{payload}"
    return f"{text}.{crypto.base64url(algorithm.sign(text.encode(), signer.key))}"


@lru_cache(maxsize=64)
def _header(alg: str, kid: str, typ: str) -> str:
    return crypto.base64url(_json({"typ": typ, "alg": alg, "kid": kid}).encode())


def half_hash(value: str, alg: str) -> str:
    """Return at_hash, c_hash or s_hash: the left half of the hash, base64url (OIDC Core 3.1.3.6).

    The hash is that of the ID token's own algorithm; for EdDSA with Ed25519 it is SHA-512.
    """
    full = _HASHES[alg](value.encode("utf-8")).digest()
    return crypto.base64url(full[: len(full) // 2])
