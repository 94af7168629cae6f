"""A registered application, speaking the protocol as a relying party does."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

REDIRECT_URI = "http://localhost:5999/callback"
OWNED_URI = "https://app.example.org/callback"
"""One that has an owner: what a public client is sent without a question there."""


@dataclass
class Application:
    """A registered client and its secret, speaking the protocol as a relying party does."""

    client_id: str
    secret: str | None
    redirect_uri: str = REDIRECT_URI
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(40))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def request(self, **changes: Any) -> dict[str, str]:
        """Return authorization parameters; a change to None leaves one out."""
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        parameters |= changes
        return {name: value for name, value in parameters.items() if value is not None}

    @staticmethod
    def essential(*values: str) -> str:
        """Return a claims parameter that makes acr essential."""
        return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})

    def authentication(self) -> dict[str, str]:
        """Return the header of client_secret_basic."""
        if self.secret is None:
            return {}
        pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def redemption(self, code: str, **changes: Any) -> dict[str, str]:
        """Return the token request's form for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        if self.secret is None:
            form["client_id"] = self.client_id
        form |= changes
        return {name: value for name, value in form.items() if value is not None}
