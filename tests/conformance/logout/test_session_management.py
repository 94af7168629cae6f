"""The plan Session Management: in Chromium, for only a browser with scripts can ask a frame."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conformance import checks
from tests.conformance.logout import signing_out
from tests.conformance.party import Party
from tests.conformance.provider import USERNAME
from tests.conformance.suite import LONG, Suite, text
from tests.support.browser import PASSWORD
from tests.support.programs.https import Answer

WAIT_MS = 10_000
ASKING = """<!doctype html><title>Session check</title><p id="answer"></p>
<iframe id="op" src="{frame}"></iframe>
<script>
  const op = document.getElementById("op");
  addEventListener("message", (event) => {{
    if (event.origin === {issuer}) document.getElementById("answer").textContent = event.data;
  }});
  op.addEventListener("load", () => op.contentWindow.postMessage({question}, {issuer}));
</script>
"""


@pytest.fixture
def tab(chromium: Browser, logout: Suite) -> Iterator[Page]:
    """A fresh browser profile; the suite's own addresses answer with a page."""
    page = Answer(b"<!doctype html><title>Suite</title>", headers={"Content-Type": "text/html"})
    for path in ("/callback", "/post_logout_redirect"):
        logout.publish(path, page)
    context = chromium.new_context(ignore_https_errors=True)
    context.set_default_timeout(WAIT_MS)
    yield context.new_page()
    context.close()


def signed_in(tab: Page, suite: Suite, party: Party) -> tuple[dict[str, str], str]:
    """Sign someone in; return the authorization response and the ID token."""
    request = suite.request(party, state=text(LONG))
    tab.goto(f"{suite.metadata['authorization_endpoint']}?{urlencode(request)}")
    tab.locator("#username").fill(USERNAME)
    tab.locator("#password").fill(PASSWORD)
    tab.locator("#login-submit").click()
    tab.locator("#consent-allow").click()
    tab.wait_for_url(f"{party.redirect_uri}?**")
    fields = dict(parse_qsl(urlsplit(tab.url).query))
    tokens = checks.token_answer(suite.redeem(party, fields["code"]))
    suite.id_token(party, tokens["id_token"], request["nonce"])
    return fields, tokens["id_token"]


def asks(tab: Page, suite: Suite, party: Party, session_state: str, expected: str) -> None:
    """Ask the provider's frame from a page of the application (Session Management section 3.1)."""
    html = ASKING.format(
        frame=suite.metadata["check_session_iframe"],
        issuer=json.dumps(suite.metadata["issuer"]),
        question=json.dumps(f"{party.client_id} {session_state}"),
    )
    page = Answer(html.encode(), headers={"Content-Type": "text/html", "Cache-Control": "no-store"})
    tab.goto(suite.publish("/session_verify", page))
    expect(tab.locator("#answer")).to_have_text(expected, timeout=WAIT_MS)


def test_oidcc_session_management_discovery_endpoint_verification(logout: Suite) -> None:
    assert urlsplit(logout.metadata["check_session_iframe"]).scheme == "https"
    assert urlsplit(logout.metadata["end_session_endpoint"]).scheme == "https"


def test_oidcc_session_management_rp_initiated_logout(logout: Suite, tab: Page) -> None:
    """The frame answers `unchanged`, and `changed` after the sign-out."""
    back = logout.url("/post_logout_redirect")
    party = logout.register(post_logout_redirect_uris=[back])
    fields, id_token = signed_in(tab, logout, party)
    asks(tab, logout, party, fields["session_state"], "unchanged")
    state = text(LONG)
    request = {"id_token_hint": id_token, "post_logout_redirect_uri": back, "state": state}
    tab.goto(f"{logout.metadata['end_session_endpoint']}?{urlencode(request)}")
    signing_out.came_back(tab.url, back, state)
    asks(tab, logout, party, fields["session_state"], "changed")


def test_every_response_has_a_session_state_and_any_page_may_frame_the_answer(
    logout: Suite,
) -> None:
    """What of it shows without Chromium."""
    module = signing_out.begin(logout)
    fields = module.flow.callback.fields
    assert " " not in fields["session_state"]
    assert (
        fields["session_state"] != logout.flow(module.flow.party).callback.fields["session_state"]
    )
    frame = logout.call("GET", logout.metadata["check_session_iframe"])
    assert (frame.status, checks.content_type(frame)) == (200, "text/html")
    assert "X-Frame-Options" not in frame.headers
    assert "frame-ancestors *" in frame.headers["Content-Security-Policy"]
