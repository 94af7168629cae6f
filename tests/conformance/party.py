"""A relying party of the suite: what it registered, and how it authenticates itself."""

import base64
import json
import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote_plus

from joserfc import jwk, jws

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 60


@cache
def rsa_key(name: str, *, kid: bool = False) -> jwk.RSAKey:
    """Return the private RSA key of that name; a suite makes them beforehand too."""
    parameters: Any = {"use": "sig", "alg": "RS256"}
    if kid:
        parameters["kid"] = f"{name}-{secrets.token_hex(4)}"
    return jwk.RSAKey.generate_key(2048, parameters, auto_kid=False)


def public(key: jwk.RSAKey) -> dict[str, Any]:
    """Return the JWK set that publishes `key`."""
    return {"keys": [key.as_dict(private=False)]}


def sign(claims: dict[str, Any], key: jwk.RSAKey) -> str:
    """Sign claims as RS256; the header names the key if the key has a name."""
    header = {"alg": "RS256", **({"kid": key.kid} if key.kid else {})}
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=["RS256"])


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token with the algorithm `none`."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts) + "."


@dataclass
class Party:
    """A registered client."""

    client_id: str
    redirect_uri: str
    method: str = "client_secret_basic"
    secret: str | None = field(default=None, repr=False)
    key: jwk.RSAKey | None = field(default=None, repr=False)
    registered: dict[str, Any] = field(default_factory=dict, repr=False)
    """The registration response of a dynamic client."""

    def authentication(
        self, token_endpoint: str, now: int, audience: str | None = None
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return form fields and headers that authenticate a token request.

        `audience` of an assertion is the address of the token endpoint unless given.
        """
        if self.method == "client_secret_basic":
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self.secret or '')}"
            basic = base64.b64encode(pair.encode()).decode()
            return {}, {"Authorization": f"Basic {basic}"}
        if self.method == "client_secret_post":
            return {"client_id": self.client_id, "client_secret": self.secret or ""}, {}
        assert self.method == "private_key_jwt"
        assert self.key is not None
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience or token_endpoint,
            "jti": secrets.token_urlsafe(15),
            "nbf": now,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        form = {
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": sign(claims, self.key),
        }
        return form, {}
