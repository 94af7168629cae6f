"""Proofs that whoever brings a token has its key (DPoP, RFC 9449 sections 4.3 and 7.1)."""

import base64
import hashlib
import hmac
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import extract_compact

from acrux_step_up.values import Presented

ALGS = ("ES256", "PS256", "RS256", "EdDSA", "Ed25519")
EARLY, LATE = 10, 60
"""Seconds by which the clock of whoever makes a proof may be ahead, and for which one is good."""
_KINDS: dict[Any, Any] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_PORTS = {"https": 443, "http": 80}


class Proofs:
    """Checks proofs, and remembers which it has seen. Threads share one; processes do not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, float] = {}

    def good(self, presented: Presented, token: str, thumbprint: str) -> bool:
        """Return True if a request proves the key of `token`: that of this JWK thumbprint."""
        if len(presented.dpop) != 1 or len(presented.dpop[0]) > 8192:
            return False
        try:
            claims = _claims(presented.dpop[0], thumbprint)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            return False
        return self._fits(claims, presented, token)

    def _fits(self, claims: dict[str, Any], presented: Presented, token: str) -> bool:
        ath = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=")
        iat, jti, now = claims.get("iat"), claims.get("jti"), time.time()
        return (
            claims.get("htm") == presented.method
            and _same_place(claims.get("htu"), presented.url)
            and hmac.compare_digest(str(claims.get("ath")).encode(), ath)
            and isinstance(iat, int | float)
            and now - LATE <= iat <= now + EARLY
            and isinstance(jti, str)
            and 0 < len(jti) <= 256
            and self._first(jti, now)
        )

    def _first(self, jti: str, now: float) -> bool:
        with self._lock:
            if len(self._seen) > 100_000 or (self._seen and next(iter(self._seen.values())) < now):
                self._seen = {name: until for name, until in self._seen.items() if until >= now}
            if jti in self._seen:
                return False
            self._seen[jti] = now + LATE + EARLY
            return True


def _claims(proof: str, thumbprint: str) -> dict[str, Any]:
    header = extract_compact(proof.encode()).headers()
    if header.get("typ") != "dpop+jwt" or header.get("alg") not in ALGS:
        raise ValueError("no proof")
    found = header["jwk"]
    if _PRIVATE & found.keys():
        raise ValueError("a private key")
    key = _KINDS[found["kty"]].import_key(found)
    if not hmac.compare_digest(key.thumbprint(), thumbprint):
        raise ValueError("another key")
    return dict(jwt.decode(proof, key, algorithms=[header["alg"]]).claims)


def _same_place(said: object, url: str) -> bool:
    """Compare two addresses without query and fragment (RFC 9449 section 4.3, RFC 3986 6.2)."""
    return isinstance(said, str) and _place(said) == _place(url) is not None


def _place(url: str) -> tuple[str, str | None, int | None, str] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port, parts.path or "/"
