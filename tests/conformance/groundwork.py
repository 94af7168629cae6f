"""What every module of the suite stands on: discovery, keys, registered clients, browsers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conformance import checks
from tests.conformance.party import Party, public, rsa_key
from tests.conformance.provider import Provider
from tests.conformance.visitor import Visitor
from tests.support.browser import Answer
from tests.support.programs.https import HttpsServer, Route

ALIAS = "/test/a/acrux"


@dataclass(frozen=True)
class Variant:
    """How a plan runs its modules."""

    name: str
    dynamic: bool = True
    form_post: bool = False
    method: str = "client_secret_basic"


@dataclass
class Groundwork:
    """One module's run against the provider, before anything is asked."""

    provider: Provider
    endpoints: HttpsServer
    variant: Variant
    static: Mapping[str, Party] = field(default_factory=dict)
    """Clients that the operator registered, for plans that do not register any."""

    def __post_init__(self) -> None:
        self._http = self.provider.client()
        self._visitors: list[Visitor] = []
        self._registered: list[Party] = []
        self.metadata = self.discover()
        self.keys = checks.published_keys(self.call("GET", self.metadata["jwks_uri"]).json)

    def close(self) -> None:
        """End as the suite does: unregister what was registered (RFC 7592 section 2.3)."""
        for visitor in self._visitors:
            visitor.close()
        gone = [self.manage("DELETE", party).status for party in self._registered]
        self._http.close()
        assert all(status == 204 for status in gone), gone

    # -- talking

    def call(self, method: str, url: str, form: Any = None, headers: Any = None) -> Answer:
        """Call an address of the provider without a browser."""
        place = next(one for one in self.provider.places if url.startswith(f"{one}/"))
        return self._http.send(method, url.removeprefix(place), form, headers)

    def discover(self) -> dict[str, Any]:
        """Return the provider's metadata (OIDC Discovery section 4)."""
        answer = self.call("GET", f"{self.provider.issuer}/.well-known/openid-configuration")
        assert answer.status == 200
        assert checks.content_type(answer) == "application/json"
        found: dict[str, Any] = answer.json
        assert found["issuer"] == self.provider.issuer
        return found

    def visitor(self) -> Visitor:
        """Return someone with a fresh browser."""
        found = Visitor(self.provider)
        self._visitors.append(found)
        return found

    def url(self, path: str) -> str:
        """Return an address of the suite's own."""
        return self.endpoints.url(ALIAS + path)

    def publish(self, path: str, route: Route) -> str:
        """Answer requests to the suite's own address `path`; return that address."""
        self.endpoints.routes[ALIAS + path] = route
        return self.url(path)

    @property
    def redirect_uri(self) -> str:
        return self.url("/callback")

    # -- clients

    def registration(self, method: str | None = None, **changes: Any) -> dict[str, Any]:
        """Return the registration request that every module begins with."""
        return {
            "client_name": "Conformance suite",
            "grant_types": ["authorization_code"],
            "jwks": public(rsa_key("client")),
            "token_endpoint_auth_method": method or self.variant.method,
            "response_types": ["code"],
            "redirect_uris": [self.redirect_uri],
            "contacts": ["suite@example.org"],
            **changes,
        }

    def post_registration(self, request: Mapping[str, Any]) -> Answer:
        """Send a registration request."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        body = json.dumps({name: value for name, value in request.items() if value is not None})
        return self.call("POST", self.metadata["registration_endpoint"], body, headers)

    def register(self, method: str | None = None, key: Any = None, **changes: Any) -> Party:
        """Register a client and check the answer (RFC 7591 section 3.2.1, RFC 7592 section 3)."""
        request = self.registration(method, **changes)
        answer = self.post_registration(request)
        assert answer.status == 201, answer.text
        assert checks.content_type(answer) == "application/json"
        found = answer.json
        party = Party(
            client_id=found["client_id"],
            redirect_uri=request["redirect_uris"][0],
            method=request["token_endpoint_auth_method"],
            secret=found.get("client_secret"),
            key=key or rsa_key("client"),
            registered=found,
        )
        self._registered.append(party)
        assert found["registration_client_uri"].startswith("https://")
        assert found["registration_access_token"]
        assert ("client_secret" in found) == party.method.startswith("client_secret_")
        assert ("client_secret" in found) == ("client_secret_expires_at" in found)
        for name in ("redirect_uris", "response_types", "grant_types"):
            assert found[name] == request[name]
        return party

    def manage(self, method: str, party: Party) -> Answer:
        """Use the client configuration endpoint of a registered client (RFC 7592)."""
        bearer = f"Bearer {party.registered['registration_access_token']}"
        headers = {"Authorization": bearer, "Accept": "application/json"}
        return self.call(method, party.registered["registration_client_uri"], headers=headers)

    def party(self, which: str = "first", **registration: Any) -> Party:
        """Return the plan's client: registered now with these members, or by the operator before.

        The operator's may do what any module needs.
        """
        if not self.variant.dynamic:
            return self.static[which]
        method = "client_secret_post" if which == "client_secret_post" else None
        return self.register(method, **registration)
