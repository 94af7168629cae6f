"""What a client publishes as a JWK Set, read once for each of its uses.

Pure. Owns which member is for what: keys that verify its signatures, keys to encrypt to it, and
certificates by which it is known (`x5c`, RFC 7517 section 4.7).
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from idp.oidc.certificates.shown import thumbprint_of
from idp.oidc.jose import encrypting
from idp.oidc.jose.encrypting import EncryptionKey
from idp.oidc.jose.key_reading import MAX_KEYS, PublicKey, read_keys


@dataclass(frozen=True)
class Published:
    """The keys of a client."""

    signing: tuple[PublicKey, ...]
    certificates: frozenset[str]
    """`x5t#S256` of each."""
    encrypting: tuple[EncryptionKey, ...]


def read(jwks: Mapping[str, Any]) -> Published:
    """Return what a JWK Set is good for; what is of no use here is left out.

    Raises:
        ValueError: this is no JWK Set.
    """
    signing, members = read_keys(jwks), jwks["keys"][:MAX_KEYS]
    certificates = frozenset(_certificates(members))
    return Published(signing, certificates, tuple(encrypting.read_keys(members)))


def _certificates(members: list[Any]) -> Iterator[str]:
    for member in members:
        found = certificate_of(member)
        if found is not None:
            yield found


def certificate_of(member: Any) -> str | None:
    """Return `x5t#S256` of the certificate of a key: the first of its chain; None for none."""
    chain = member.get("x5c") if isinstance(member, dict) and "d" not in member else None
    if not isinstance(chain, list) or not chain or not isinstance(chain[0], str):
        return None
    try:
        return thumbprint_of(base64.b64decode(chain[0], validate=True))
    except (binascii.Error, ValueError):
        return None


def is_of_use(member: Any, *, encrypting: bool) -> bool:
    """Return True if a key is good for anything here: for `encrypting`, if that is wanted."""
    found = read({"keys": [member]})
    meant = any(key.meant or encrypting for key in found.encrypting)
    return bool(found.signing or found.certificates or meant)
