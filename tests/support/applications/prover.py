"""A key of an application's own, and the proofs that it makes with it (RFC 9449)."""

import base64
import hashlib
import json
import secrets
from typing import Any

from joserfc import jwk, jws

from idp import clock
from tests.support.site import Answer, Application, Site

KEYS: dict[str, Any] = {
    "ES256": lambda: jwk.ECKey.generate_key("P-256"),
    "PS256": lambda: jwk.RSAKey.generate_key(2048),
    "RS256": lambda: jwk.RSAKey.generate_key(2048),
    "EdDSA": lambda: jwk.OKPKey.generate_key("Ed25519"),
    "Ed25519": lambda: jwk.OKPKey.generate_key("Ed25519"),
    "HS256": lambda: jwk.OctKey.generate_key(256),
}


def digest(text: str) -> str:
    """Return the SHA-256 of a text in base64url: `ath`, and `dpop_jkt` of a JWK."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Prover:
    """Shows one key. It keeps the nonce that it was told last, as a library does."""

    def __init__(self, site: Site, alg: str = "ES256") -> None:
        self.site = site
        self.alg = alg
        self.key = KEYS[alg]()
        self.nonce: str | None = None

    @property
    def jkt(self) -> str:
        found: str = self.key.thumbprint()
        return found

    def claims(self, method: str, path: str, **changes: Any) -> dict[str, Any]:
        """Return what a proof says; a change to None leaves a claim out."""
        said = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": self.site.issuer + path,
            "iat": clock.now(),
            "nonce": self.nonce,
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def header(self, **changes: Any) -> dict[str, Any]:
        """Return the header of a proof; a change to None leaves a member out."""
        public = self.key.as_dict(private=False) if self.alg != "HS256" else self.key.as_dict()
        public.pop("kid", None)
        said = {"typ": "dpop+jwt", "alg": self.alg, "jwk": public, **changes}
        return {name: value for name, value in said.items() if value is not None}

    def proof(self, method: str, path: str, *, header: Any = None, **changes: Any) -> str:
        """Return a signed proof."""
        members = self.header(**(header or {}))
        claims = json.dumps(self.claims(method, path, **changes))
        return jws.serialize_compact(members, claims, self.key, algorithms=[self.alg])

    def send(
        self,
        method: str,
        path: str,
        form: Any = None,
        headers: dict[str, str] | None = None,
        **changes: Any,
    ) -> Answer:
        """Send a request with a proof, and once more with the nonce if one is wanted."""
        answer = self._send(method, path, form, headers, changes)
        if "use_dpop_nonce" in answer.text + answer.headers.get("WWW-Authenticate", ""):
            assert answer.status in (400, 401)
            answer = self._send(method, path, form, headers, changes)
        return answer

    def _send(
        self, method: str, path: str, form: Any, headers: Any, changes: dict[str, Any]
    ) -> Answer:
        proof = {"DPoP": self.proof(method, path, **changes)}
        answer = self.site.client().send(method, path, form, {**(headers or {}), **proof})
        self.nonce = answer.headers.get("DPoP-Nonce", self.nonce)
        return answer

    def ask(self, path: str, app: Application, form: dict[str, Any], **changes: Any) -> Answer:
        """Send a form as `app`, with a proof."""
        if app.secret is None:
            form = {"client_id": app.client_id, **form}
        return self.send("POST", path, form, app.authentication(), **changes)

    def redeem(self, app: Application, code: str, **changes: Any) -> Answer:
        """Exchange a code with a proof."""
        return self.ask("/token", app, app.redemption(code), **changes)

    def refresh(self, app: Application, token: str) -> Answer:
        return self.ask("/token", app, {"grant_type": "refresh_token", "refresh_token": token})

    def open(self, token: str, path: str = "/userinfo", scheme: str = "DPoP") -> Answer:
        """Use an access token, with a proof for it."""
        headers = {"Authorization": f"{scheme} {token}"}
        return self.send("GET", path, None, headers, ath=digest(token))
