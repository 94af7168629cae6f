"""A module of the FAPI-CIBA plan at work: a client that signs what it asks, a person with a link.

The variants are poll and ping, by private_key_jwt; what holds tokens to their holder is DPoP here,
which the plan does not have, and a certificate in `certified`.
"""

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwk

from idp import clock
from tests.conformance.fapi import Fapi, Holder
from tests.conformance.groundwork import ALIAS, Variant
from tests.protocol.ciba import GRANT, link
from tests.support.browser import Answer
from tests.support.programs.https import Answer as Said
from tests.support.programs.https import Received, Route

POLL, PING = (Variant(name, dynamic=False, method="private_key_jwt") for name in ("poll", "ping"))
WAIT = 6
"""Seconds, a little more than the interval."""


@dataclass(frozen=True)
class Asker(Holder):
    """A client of the plan, and the person whom it asks for."""

    who: str = ""


class Ciba(Fapi):
    """One module's run."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.token_of_ping = secrets.token_urlsafe(32)
        self.pings: list[Received] = []
        self._came = threading.Event()

    @property
    def pinged(self) -> bool:
        return self.variant.name == "ping"

    def asker(
        self,
        *,
        person: bool = False,
        said: Said = Said(status=204),  # noqa: B008
        also: Any = None,
    ) -> Asker:
        """Register a client, and somebody whom it asks for if a module needs a person."""
        key, name = jwk.ECKey.generate_key("P-256"), secrets.token_hex(4)
        if person:
            self.provider.person(f"alice-{name}")
            self.provider._leave_time()

        def came(request: Received) -> Said:
            self.pings.append(request)
            self._came.set()
            return said

        route: Route = came
        more: dict[str, Any] = {}
        if self.pinged:
            to = self.publish(f"/ciba/{name}", route)
            more = {"backchannel_client_notification_endpoint": to}
        client_id = f"ciba-{name}"
        shown = self.certificate(client_id)
        made = self.provider.application(
            client_id,
            redirect_uris=[self.endpoints.url(f"{ALIAS}/callback")],
            grant_types=[GRANT, "refresh_token"],
            id_token_signed_response_alg="ES256",
            backchannel_token_delivery_mode="ping" if self.pinged else "poll",
            backchannel_authentication_request_signing_alg="ES256",
            profile="fapi-ciba",
            **self.known(key, shown, also),
            **more,
        )
        return Asker(made.client_id, made.redirect_uri, key, shown, f"alice-{name}")

    def asks(self, *, person: bool = False) -> tuple[Asker, Any]:
        """Return a client, and what it shows."""
        asker = self.asker(person=person)
        return asker, self.prover(asker)

    # -- what a client sends

    def asked(self, asker: Asker, **changes: Any) -> dict[str, Any]:
        """Return what a request says; a change to None leaves a member out."""
        now = self.provider.now()
        members = {
            "iss": asker.client_id,
            "aud": self.provider.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": secrets.token_urlsafe(15),
            "scope": "openid",
            "login_hint": asker.who,
            "binding_message": "1234",
            "client_notification_token": self.token_of_ping if self.pinged else None,
            **changes,
        }
        return {name: value for name, value in members.items() if value is not None}

    def ask(
        self,
        asker: Asker,
        token: str | None = None,
        *,
        proof: Mapping[str, str] | None = None,
        beside: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> Answer:
        """Send a request: signed by the client, unless it is `token`; "" sends none."""
        signed = asker.signed(self.asked(asker, **changes)) if token is None else token
        form = {**({"request": signed} if signed else {}), **(beside or {})}
        return self.send("backchannel_authentication_endpoint", asker, None, form, proof)

    def taken(self, asker: Asker, **changes: Any) -> str:
        """Return the auth_req_id of a request that is taken; its person is told."""
        answer = self.ask(asker, **changes)
        assert answer.status == 200, answer.text
        assert answer.json["expires_in"] > 0
        self.work_off()
        return str(answer.json["auth_req_id"])

    def work_off(self) -> None:
        """Do what the worker does, in the time of the workers."""
        clock.use_offset_file(str(self.provider.clock_file))
        self.provider.work_off()
        self.provider._leave_time()

    def poll(
        self,
        asker: Asker,
        prover: Any,
        auth_req_id: str,
        assertion: dict[str, str] | None = None,
        *,
        waits: bool = True,
    ) -> Answer:
        if waits:
            self.provider.advance(WAIT)
        form = {"grant_type": GRANT, "auth_req_id": auth_req_id}
        return self.token(asker, prover, assertion, **form)

    # -- what the person does

    def answers(self, asker: Asker, decision: str = "yes", shown: str = "1234") -> None:
        """Open the link of the message, compare, and answer."""
        browser = self.visitor().browser
        page = browser.open(link(self.provider))
        assert shown in page.text
        assert browser.submit("", decision=decision).status == 200
        if decision == "yes":
            browser.sign_in(asker.who)
            assert 'id="ciba-done-page"' in browser.at.text
        if self.pinged:
            assert self._came.wait(20)
            assert self.pings[0].headers["authorization"] == f"Bearer {self.token_of_ping}"
            assert list(json.loads(self.pings[0].body)) == ["auth_req_id"]

    def flow(self, asker: Asker, prover: Any, **changes: Any) -> dict[str, Any]:
        """Return the tokens of a whole flow."""
        code = self.taken(asker, **changes)
        self.answers(asker, shown=changes.get("binding_message", "1234"))
        answer = self.poll(asker, prover, code)
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json
        assert found["token_type"].lower() == self.bound
        return found
