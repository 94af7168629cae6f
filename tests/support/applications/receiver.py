"""An application that is told by signals: it looks after its stream, polls, and takes what comes.

It verifies each token by PyJWT and the published keys, as any receiver would.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import jwt

from idp import clock
from tests.support.applications.application import Application
from tests.support.browser import Answer
from tests.support.programs.https import Answer as Said
from tests.support.programs.https import Received

CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
SSF = "https://schemas.openid.net/secevent/ssf/event-type/"
PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"


@dataclass
class Receiver:
    """What an application does with one provider; `site` is anything that has its addresses."""

    site: Any
    app: Application
    keys: Any = None
    stream_id: str = ""
    pushed: list[dict[str, Any]] = field(default_factory=list)
    """The claims of what was pushed and taken, in order."""
    shown: list[str | None] = field(default_factory=list)
    """What was shown with each push."""
    say: Any = None
    """What is answered in place of 202, if anything: it is handed the claims."""
    _token: str = ""
    _until: int = 0

    def token(self, scope: str = "ssf.manage") -> str:
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = self.site.client().send("POST", "/token", form, self.app.authentication())
        assert answer.status == 200, answer.text
        return str(answer.json["access_token"])

    @property
    def client_id(self) -> str:
        return self.app.client_id

    def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Answer:
        """Send a request with a token of its own, and `body` as JSON unless it is a text."""
        if token is None:
            if not self._token or self._until <= clock.now():
                self._token = self.token("ssf.manage ssf.read")
                self._until = clock.now() + 600
            token = self._token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers["Content-Type"] = "application/json"
        sent = body if isinstance(body, str) or body is None else json.dumps(body)
        found: Answer = self.site.client().send(method, path, sent, headers)
        return found

    def make(self, *events: str, push: str | None = None, **more: Any) -> dict[str, Any]:
        """Make the stream, and return how it is."""
        delivery = more.pop("delivery", {})
        sent: dict[str, Any] = {**more}
        if push:
            sent["delivery"] = {"method": PUSH, "endpoint_url": push, **delivery}
        if events:
            sent["events_requested"] = list(events)
        answer = self.ask("POST", "/ssf/streams", sent)
        assert answer.status == 201, answer.text
        self.stream_id = answer.json["stream_id"]
        found: dict[str, Any] = answer.json
        return found

    def poll(self, **sent: Any) -> dict[str, Any]:
        """Poll, and return what was given."""
        answer = self.ask("POST", f"/ssf/poll/{self.stream_id}", sent)
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    def taken(self) -> list[dict[str, Any]]:
        """Poll all there is, acknowledge it, and return the claims of each."""
        found: list[dict[str, Any]] = []
        done: list[str] = []
        while True:
            answer = self.poll(ack=done)
            done = list(answer["sets"])
            found += [self.claims(token) for token in answer["sets"].values()]
            if not done:
                return found

    def claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a token that was verified."""
        header = jwt.get_unverified_header(token)
        assert header["typ"] == "secevent+jwt"
        said: dict[str, Any] = jwt.decode(
            token,
            self._published()[header["kid"]],
            algorithms=["RS256", "ES256"],
            audience=self.client_id,
            issuer=self.site.issuer,
            # It lives in the time of the provider, which this process may not.
            options={"verify_iat": False},
        )
        assert said["aud"] == self.client_id
        assert not {"sub", "exp"} & said.keys()
        assert len(said["events"]) == 1
        return said

    def _published(self) -> Any:
        if self.keys is None:
            found = jwt.PyJWKSet.from_dict(self.site.client().send("GET", "/jwks").json)
            self.keys = {key.key_id: key for key in found.keys}
        return self.keys

    def __call__(self, request: Received) -> Said:
        """Take what is pushed (RFC 8935 section 2)."""
        assert request.headers["content-type"] == "application/secevent+jwt"
        said = self.claims(request.body.decode())
        self.shown.append(request.headers.get("authorization"))
        answer = self.say(said) if self.say else None
        if answer is not None:
            found: Said = answer
            return found
        self.pushed.append(said)
        return Said(status=202, headers={"Content-Length": "0"})


def names(found: list[dict[str, Any]]) -> list[str]:
    """Return the last word of each token's event."""
    return [next(iter(one["events"])).rpartition("/")[2] for one in found]


def body(said: dict[str, Any]) -> dict[str, Any]:
    """Return what a token says of its event."""
    found: dict[str, Any] = next(iter(said["events"].values()))
    return found
