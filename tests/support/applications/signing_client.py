"""A client that authenticates by assertions: private_key_jwt or client_secret_jwt."""

import base64
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwk

from idp import clock
from idp.oidc.clients.secrets import new_secret
from idp.store.oidc import clients
from tests.support.site import REDIRECT_URI, Answer, Site

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KINDS = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
Key = jwk.RSAKey | jwk.ECKey | bytes
_made: dict[str, Key] = {}


def key_for(alg: str, which: str = "") -> Key:
    """Return a private key for `alg`; made once for each `which`, because RSA takes its time."""
    kind = KINDS[alg]
    name = kind + which
    if name not in _made:
        _made[name] = (
            jwk.RSAKey.generate_key(2048) if kind == "RSA" else jwk.ECKey.generate_key("P-256")
        )
    return _made[name]


def public(key: Key, **members: Any) -> dict[str, Any]:
    """Return the public JWK of a key with some more members."""
    assert not isinstance(key, bytes)
    return {**key.as_dict(private=False), **members}


def sign(claims: Any, key: Key, alg: str, **header: Any) -> str:
    """Sign `claims` (JSON, or bytes as they are) under any header: no library would do so."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    message = f"{_base64(json.dumps({'alg': alg, **header}).encode())}.{_base64(payload)}"
    return f"{message}.{_base64(_signature(message.encode(), key, alg))}"


def _signature(message: bytes, key: Key, alg: str) -> bytes:
    if isinstance(key, bytes):
        return hmac.digest(key, message, "sha" + alg[2:])
    if isinstance(key, jwk.ECKey):
        assert key.private_key is not None
        pair = decode_dss_signature(key.private_key.sign(message, ec.ECDSA(SHA256())))
        return b"".join(number.to_bytes(32, "big") for number in pair)
    assert key.private_key is not None
    if alg == "PS256":
        pss = padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size)
        return key.private_key.sign(message, pss, SHA256())
    return key.private_key.sign(message, padding.PKCS1v15(), SHA256())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class SigningClient:
    """A registered client and the key that it signs with."""

    site: Site
    client_id: str
    key: Key
    alg: str
    kid: str | None = None

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a right assertion; a change to None leaves one out."""
        now = clock.now()
        found: dict[str, Any] = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.site.issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 60,
            **changes,
        }
        return {name: value for name, value in found.items() if value is not None}

    def assertion(self, **changes: Any) -> str:
        """Return a right assertion, changed."""
        header = {} if self.kid is None else {"kid": self.kid}
        return sign(self.claims(**changes), self.key, self.alg, **header)

    def ask(self, assertion: str | None = None, **form: str) -> Answer:
        """Ask /token for something that any authenticated client is refused: invalid_grant."""
        sent = {
            "grant_type": "refresh_token",
            "refresh_token": "x",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion() if assertion is None else assertion,
            **form,
        }
        return self.site.client().send("POST", "/token", sent)

    def works(self, assertion: str | None = None, **form: str) -> bool:
        """Return True if an assertion authenticates this client: by one of two answers only."""
        answer = self.ask(assertion, **form)
        said = (answer.status, answer.json["error"])
        assert said in ((400, "invalid_grant"), (401, "invalid_client")), answer.text
        return said == (400, "invalid_grant")


def by_key(
    site: Site, client_id: str = "signer", *, alg: str = "ES256", **data: Any
) -> SigningClient:
    """Register a client that signs by a key of its own: inline unless `jwks_uri` is given."""
    key = key_for(alg)
    if "jwks_uri" not in data and "jwks" not in data:
        data["jwks"] = {"keys": [public(key, kid="first")]}
    data = {"token_endpoint_auth_method": "private_key_jwt", **data}
    _add(site, client_id, data)
    return SigningClient(site, client_id, key, alg, "first")


def by_secret(site: Site, client_id: str = "sharer", **data: Any) -> SigningClient:
    """Register a client that signs with its secret."""
    data = {"token_endpoint_auth_method": "client_secret_jwt", **data}
    secret = new_secret(site.installation.keyring, client_id, "client_secret_jwt")
    _add(site, client_id, data, secret.digest, secret.sealed)
    return SigningClient(site, client_id, secret.text.encode(), "HS256")


def _add(
    site: Site,
    client_id: str,
    data: dict[str, Any],
    digest: str | None = None,
    sealed: bytes | None = None,
) -> None:
    data = {"redirect_uris": [REDIRECT_URI], "first_party": True, **data}
    with site.work() as work:
        added = clients.add(
            work, client_id, client_id.title(), digest, json.dumps(data), sealed_secret=sealed
        )
        assert added
