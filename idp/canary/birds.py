"""The canary's people and applications: made for a run, with secrets that nobody keeps."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from idp import crypto
from idp.installation import Installation
from idp.store import canaries, db
from idp.store.canaries import MARK
from idp.store.oidc import clients

REDIRECT_URI = "https://canary.invalid/callback"
"""Where answers go: to no one (RFC 2606), and nothing follows them."""


@dataclass(frozen=True)
class Bird:
    """A person who has a password, and nothing else."""

    name: str
    password: str


@dataclass(frozen=True)
class Perch:
    """An application of the canary's."""

    client_id: str
    secret: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(40))

    def request(self, **changes: str) -> dict[str, str]:
        """Return the parameters of an authorization request (RFC 6749 section 4.1.1, RFC 7636)."""
        challenge = hashlib.sha256(self.verifier.encode()).digest()
        return {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid",
            "state": "canary",
            "nonce": "canary",
            "code_challenge": crypto.base64url(challenge),
            "code_challenge_method": "S256",
            **changes,
        }

    @property
    def authentication(self) -> dict[str, str]:
        """Return the header of client_secret_basic; neither part needs to be escaped."""
        pair = base64.b64encode(f"{self.client_id.replace(':', '%3A')}:{self.secret}".encode())
        return {"Authorization": f"Basic {pair.decode()}"}


class Birds:
    """Those of one run."""

    def __init__(self, this: Installation, *, front_channel: bool) -> None:
        self._this = this
        self._front_channel = front_channel

    def bird(self, user_type: str, groups: tuple[str, ...]) -> Bird:
        """Add a person of a user type, in some groups."""
        name, password = f"canary-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
        hashed = self._this.passwords.rule.password.hashed(password)
        with db.work(self._this.engine) as work:
            person_id = canaries.add_person(work, name, user_type, json.dumps(sorted(groups)))
            self._this.passwords.rule.password.store(work, person_id, hashed)
        return Bird(name, password)

    def perch(self, min_acr: str | None = None) -> Perch:
        """Register an application, which demands `min_acr` of everybody."""
        perch = Perch(f"{MARK}{secrets.token_hex(8)}", secrets.token_urlsafe(32))
        with db.work(self._this.engine) as work:
            digest = crypto.digest(perch.secret)
            clients.add(work, perch.client_id, "Canary", digest, self._data(min_acr))
        return perch

    def raise_floor(self, perch: Perch, min_acr: str) -> None:
        """Let an application demand a level from now on."""
        with db.work(self._this.engine) as work:
            clients.change(work, perch.client_id, "Canary", self._data(min_acr))

    def _data(self, min_acr: str | None) -> str:
        data: dict[str, object] = {
            "redirect_uris": [REDIRECT_URI],
            "first_party": True,
            "grant_types": ["authorization_code", "refresh_token"],
        }
        if self._front_channel:
            data["response_types"] = ["code", "id_token", "code id_token"]
            data["grant_types"] = ["authorization_code", "refresh_token", "implicit"]
        if min_acr is not None:
            data["min_acr"] = min_acr
        return json.dumps(data)


@contextmanager
def birds(this: Installation) -> Iterator[Birds]:
    """Have birds for a while: before and after there is none, whatever became of an earlier run."""
    with db.work(this.engine) as work:
        canaries.remove(work)
    try:
        yield Birds(this, front_channel=this.settings.oidc.legacy_response_types)
    finally:
        with db.work(this.engine) as work:
            canaries.remove(work)
