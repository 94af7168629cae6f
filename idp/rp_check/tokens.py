"""ID tokens of the check's own keys, right ones and wrong ones."""

import hmac
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from idp import crypto
from idp.rp_check.asked import NotCheckedError

_BITS = 2048
_MAKERS: dict[str, Callable[[], RSAKey | ECKey]] = {
    "RS256": lambda: RSAKey.generate_key(_BITS),
    "PS256": lambda: RSAKey.generate_key(_BITS),
    "ES256": lambda: ECKey.generate_key("P-256"),
}
_ALGS = list(_MAKERS)


class Keys:
    """The pair of keys that the provider publishes, and one that it does not, of one algorithm."""

    def __init__(self, alg: str) -> None:
        """Make them.

        Raises:
            NotCheckedError: ID tokens by this algorithm are not made here.
        """
        if alg not in _MAKERS:
            raise NotCheckedError(f"its ID tokens are signed by {alg}, which is not checked")
        self.alg = alg
        self._own, self._foreign = _MAKERS[alg](), _MAKERS[alg]()

    def published(self) -> dict[str, Any]:
        """Return the JWK Set (RFC 7517 section 5)."""
        public = self._own.as_dict(private=False)
        return {"keys": [public | {"use": "sig", "alg": self.alg, "kid": self.kid}]}

    @property
    def kid(self) -> str:
        """What the published key is called."""
        return self._own.thumbprint()

    def signed(self, claims: dict[str, Any]) -> str:
        """Return a token as it should be."""
        return _compact({"alg": self.alg, "kid": self.kid, "typ": "JWT"}, claims, self._own)

    def by_another_key(self, claims: dict[str, Any]) -> str:
        """Return one by a key that is not published, under the name of the one that is."""
        return _compact({"alg": self.alg, "kid": self.kid, "typ": "JWT"}, claims, self._foreign)

    def with_the_key_inside(self, claims: dict[str, Any]) -> str:
        """Return one whose header brings the key that signed it."""
        key = self._foreign.as_dict(private=False)
        return _compact({"alg": self.alg, "jwk": key, "typ": "JWT"}, claims, self._foreign)

    def by_the_public_key(self, claims: dict[str, Any]) -> str:
        """Return one by HS256, whose secret is the published key as PEM: anyone can make it."""
        pem = self._own.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        # By hand: the library refuses such a secret, as it should.
        told = f"{_part({'alg': 'HS256', 'kid': self.kid, 'typ': 'JWT'})}.{_part(claims)}"
        return f"{told}.{crypto.base64url(hmac.digest(pem, told.encode(), 'sha256'))}"

    def unsigned(self, claims: dict[str, Any]) -> str:
        """Return one whose header says `none`."""
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."

    def without_signature(self, claims: dict[str, Any]) -> str:
        """Return one that names an algorithm and has no signature."""
        return f"{self.signed(claims).rpartition('.')[0]}."

    def changed(self, claims: dict[str, Any]) -> str:
        """Return one whose signature is that of other claims."""
        head, _, signature = self.signed(claims | {"iat": claims["iat"] - 1}).split(".")
        return f"{head}.{_part(claims)}.{signature}"


def _part(value: dict[str, Any]) -> str:
    return crypto.base64url(json.dumps(value, separators=(",", ":")).encode())


def _compact(header: dict[str, Any], claims: dict[str, Any], key: RSAKey | ECKey) -> str:
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, _ALGS)
