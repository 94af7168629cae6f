"""A module of the plan of SSF transmitters at work: a receiver with its stream, and its address."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from tests.conformance.groundwork import ALIAS, Groundwork, Variant
from tests.support.applications.application import Application
from tests.support.applications.receiver import POLL, PUSH, Receiver
from tests.support.browser import Answer, OverHttp

SSF = Variant("ssf", dynamic=False)
SECONDS = 30
"""Until what was asked for has come: the worker looks every second."""
PAUSE = 0.2
SHOWN = "Bearer of-the-suite"


@dataclass(frozen=True)
class _Site:
    """What a receiver needs of the provider."""

    issuer: str
    http: OverHttp

    def client(self) -> OverHttp:
        return self.http


@dataclass
class Ssf(Groundwork):
    """One module's run."""

    delivery: str = "push"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.transmitter: dict[str, Any] = self.call(
            "GET", f"{self.provider.issuer}/.well-known/ssf-configuration"
        ).json
        self.receiver = self.another()

    def close(self) -> None:
        for stream in self.receiver.ask("GET", "/ssf/streams").json:
            self.receiver.ask("DELETE", f"/ssf/streams?stream_id={stream['stream_id']}")
        super().close()

    def another(self) -> Receiver:
        """Register a receiver, as the operator does."""
        made = self.provider.application(
            f"ssf-{secrets.token_hex(4)}",
            redirect_uris=[self.endpoints.url(f"{ALIAS}/callback")],
            grant_types=["authorization_code", "client_credentials"],
            api_scopes=["ssf.read", "ssf.manage"],
        )
        found = Receiver(_Site(self.provider.issuer, self._http), made)
        self.endpoints.routes[f"{ALIAS}/{made.client_id}"] = found
        return found

    # -- what a receiver sends

    @property
    def wanted(self) -> dict[str, Any]:
        """Return the delivery of this variant."""
        if self.delivery == "poll":
            return {"method": POLL}
        target = self.endpoints.url(f"{ALIAS}/{self.receiver.client_id}")
        return {"method": PUSH, "endpoint_url": target, "authorization_header": SHOWN}

    def created(self, *events: str) -> dict[str, Any]:
        """Make the stream, and look at it as the suite does."""
        sent = {"delivery": self.wanted, "description": "of the suite"}
        if events:
            sent["events_requested"] = list(events)
        answer = self.at("configuration", "POST", sent)
        assert answer.status == 201, answer.text
        found: dict[str, Any] = answer.json
        self.receiver.stream_id = found["stream_id"]
        assert found["iss"] == self.provider.issuer
        assert found["aud"] == self.receiver.client_id
        assert found["delivery"]["method"] == self.wanted["method"]
        assert {*found["events_delivered"]} <= {*found["events_supported"]}
        return found

    def at(
        self, endpoint: str, method: str, sent: Any = None, query: str = "", token: Any = None
    ) -> Answer:
        """Ask an endpoint that the metadata names."""
        url: str = self.transmitter[f"{endpoint}_endpoint"]
        path = url.removeprefix(self.provider.issuer) + query
        return self.receiver.ask(method, path, sent, token=token)

    def named(self, **more: Any) -> dict[str, Any]:
        return {"stream_id": self.receiver.stream_id, **more}

    def verified(self, state: str = "") -> None:
        sent = self.named(state=state) if state else self.named()
        assert self.at("verification", "POST", sent).status == 204

    # -- what comes

    def came(self, count: int = 1) -> list[dict[str, Any]]:
        """Return tokens once so many have come, by push or by poll."""
        found: list[dict[str, Any]] = []
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            found = self.receiver.pushed if self.delivery == "push" else found + self._polled()
            if len(found) >= count:
                return found
            time.sleep(PAUSE)
        raise AssertionError(f"{count} should have come: {found}")

    def _polled(self) -> list[dict[str, Any]]:
        given = self.receiver.poll(returnImmediately=True)["sets"]
        if given:
            self.receiver.poll(maxEvents=0, ack=list(given))
        return [self.receiver.claims(token) for token in given.values()]

    def signed_in(self) -> Any:
        """Sign the person in to the receiver; return who it is, at a browser."""
        app: Application = self.receiver.app
        who = self.visitor()
        asked = app.request(redirect_uri=app.redirect_uri)
        assert "code" in who.arrives(self.metadata["authorization_endpoint"], asked).fields
        return who
