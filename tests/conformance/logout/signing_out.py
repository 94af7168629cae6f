"""A sign-out begun by an application, for all plans about logout."""

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.conformance import checks
from tests.conformance.party import Party
from tests.conformance.suite import LONG, Flow, Suite, text
from tests.conformance.visitor import Callback, Page

STATE_SIGNS = "".join(sorted(set(string.printable) - set(string.whitespace) - set("+;")))
"""Printable ASCII but for three signs that the suite's own encoder gets wrong."""
STATE_LENGTH = 50
PATIENCE = 10
"""Seconds that no one minds to wait for applications that do not answer."""


@dataclass(frozen=True)
class SigningOut:
    """Someone signed in, about to sign out at the application."""

    suite: Suite
    flow: Flow
    request: dict[str, str]
    """The whole request; modules leave parts of it out, or spoil them."""

    @property
    def endpoint(self) -> str:
        return str(self.suite.metadata["end_session_endpoint"])

    def go(self, **changes: str | None) -> Callback | Page:
        """Go to the end session endpoint; a change to None leaves a parameter out."""
        asked = {**self.request, **changes}
        parameters = {name: value for name, value in asked.items() if value is not None}
        return self.flow.visitor.go(self.endpoint, parameters)

    def is_back(self, end: Callback | Page, state: str | None) -> None:
        """Check that the browser is where the application wanted it, with the exact state."""
        assert isinstance(end, Callback), end.text
        came_back(end.uri, self.request["post_logout_redirect_uri"], state)

    def is_refused(self, end: Callback | Page) -> None:
        """Check that a page says what is wrong, or asks; and that saying yes leads nowhere."""
        assert isinstance(end, Page), f"sent to {end}"
        assert end.has("error-page") or end.has("logout-page"), end.text
        if end.has("logout-page"):
            is_signed_out(self.flow.visitor.confirms_logout())

    def shows_signed_out(self, end: Callback | Page) -> None:
        """Check that a page says so, after a question if need be."""
        if isinstance(end, Page) and end.has("logout-page"):
            end = self.flow.visitor.confirms_logout()
        is_signed_out(end)
        self.nobody_is_signed_in()

    def nobody_is_signed_in(self) -> None:
        """Ask with prompt=none: an error that says that a person is needed (OIDC Core 3.1.2.6)."""
        request = self.suite.request(self.flow.party, prompt="none", state=text(LONG))
        endpoint = self.suite.metadata["authorization_endpoint"]
        end = self.flow.visitor.arrives(endpoint, request)
        assert self.suite.refused(end, request) in checks.NEEDS_THE_PERSON


def begin(suite: Suite, **registration: Any) -> SigningOut:
    """Register a client with an address to come back to, and sign someone in there."""
    back = suite.url("/post_logout_redirect")
    party = suite.register(post_logout_redirect_uris=[back], **registration)
    return for_client(suite, party, back)


def for_client(suite: Suite, party: Party, back: str) -> SigningOut:
    """Sign someone in; prepare the request that every module begins with."""
    flow = suite.flow(party, state=text(LONG))
    state = "".join(secrets.choice(STATE_SIGNS) for _ in range(STATE_LENGTH))
    request = {"id_token_hint": flow.id_token, "post_logout_redirect_uri": back, "state": state}
    return SigningOut(suite, flow, request)


def came_back(uri: str, registered: str, state: str | None) -> None:
    """Check the address that the browser comes back to: `state` and nothing else."""
    assert uri.partition("?")[0] == registered
    query = parse_qsl(urlsplit(uri).query, keep_blank_values=True)
    assert query == ([] if state is None else [("state", state)])


def is_signed_out(end: Callback | Page) -> None:
    """Check the page that says so."""
    assert isinstance(end, Page), f"sent to {end}"
    assert end.has("logged-out"), end.text
    assert "Signed out" in end.text


def frames(page: Page) -> list[str]:
    """Return the addresses that a page loads in frames."""
    found = re.findall(r'<iframe\b[^>]*\bsrc="([^"]*)"', page.text)
    return [unescape(address) for address in found]


def goes_on_to(page: Page) -> str:
    """Return where a page leads the browser: by itself, or by its link, which say the same."""
    seconds, _, address = page.refresh.partition(";url=")
    assert int(seconds) < PATIENCE
    link = re.search(r'<a\b[^>]*\bhref="([^"]*)"[^>]*\bid="logout-continue"', page.text)
    assert link, page.text
    assert unescape(link.group(1)) == address
    return address


def form_of(body: bytes) -> Mapping[str, str]:
    """Return the fields of a form, each there once."""
    pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)
