"""A program on the device is let in by a click each time: any other could use its name there."""

from typing import Any

import pytest

from idp.store.db.statements import Statement
from tests.protocol.sign_ins import assert_redirect_error
from tests.support.site import Application, Browser, Site

SCHEME = "com.example.app:/callback"
LOOPBACK = "http://127.0.0.1/callback"
NAME = "http://localhost:7000/callback"
CLAIMED = "https://app.example.org/callback"
OPEN_TO_ANYBODY = (SCHEME, LOOPBACK, NAME)
CAUTION = "other programs can use its name"


def native(site: Site, *, first_party: bool = True, **data: Any) -> Application:
    site.person("tane")
    uris = [*OPEN_TO_ANYBODY, CLAIMED]
    return site.application(
        "tool", public=True, first_party=first_party, redirect_uris=uris, **data
    )


def let_in_once(site: Site, app: Application, uri: str) -> Browser:
    """Sign in and allow all that is asked."""
    browser = site.browser()
    browser.authorize(app, redirect_uri=uri)
    answer = browser.sign_in("tane")
    if "/consent" in browser.at.url:
        answer = browser.submit("/consent", decision="allow")
    assert answer.query["code"]
    return browser


@pytest.mark.parametrize("first_party", [True, False])
@pytest.mark.parametrize("uri", OPEN_TO_ANYBODY)
def test_what_any_program_can_receive_is_never_sent_without_a_click(
    site: Site, uri: str, first_party: bool
) -> None:
    app = native(site, first_party=first_party)
    browser = let_in_once(site, app, uri)
    page = browser.authorize(app, redirect_uri=uri)
    assert page.heading == "Let Tool in?"
    assert CAUTION in page.text
    assert "You are asked each time." in page.text
    answer = browser.submit("/consent", decision="allow")
    assert answer.location.startswith(uri)
    assert site.redeem(app, answer.query["code"], redirect_uri=uri).status == 200
    assert browser.authorize(app, redirect_uri=uri).heading == "Let Tool in?"
    assert_redirect_error(site, browser.submit("/consent", decision="deny"), "access_denied")


@pytest.mark.parametrize("uri", OPEN_TO_ANYBODY)
def test_a_silent_request_of_such_a_client_is_told_that_somebody_must_be_asked(
    site: Site, uri: str
) -> None:
    app = native(site)
    browser = let_in_once(site, app, uri)
    answer = browser.authorize(app, redirect_uri=uri, prompt="none")
    assert_redirect_error(site, answer, "consent_required")


def test_an_address_that_the_application_owns_is_answered_as_before(small_site: Site) -> None:
    app = native(small_site, application_type="native")
    browser = let_in_once(small_site, app, CLAIMED)
    assert browser.authorize(app, redirect_uri=CLAIMED).query["code"]
    assert browser.authorize(app, redirect_uri=CLAIMED, prompt="none").query["code"]


def test_a_secret_that_every_copy_of_a_program_has_assures_nobody(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application(redirect_uris=[LOOPBACK], application_type="native")
    browser = let_in_once(small_site, app, LOOPBACK)
    assert browser.authorize(app).heading == "Let App in?"


def test_a_server_that_keeps_its_secret_is_answered_at_its_own_loopback_port(
    small_site: Site,
) -> None:
    small_site.person("tane")
    uri = "http://127.0.0.1:3000/callback"
    app = small_site.application(redirect_uris=[uri])
    browser = let_in_once(small_site, app, uri)
    assert browser.authorize(app).query["code"]
    for port in (":3001", ":80", ""):
        answer = browser.authorize(app, redirect_uri=f"http://127.0.0.1{port}/callback")
        assert (answer.status, answer.location) == (400, ""), port


@pytest.mark.parametrize(
    "uri",
    [
        "HTTP://127.0.0.1:3000/callback",
        "http://127.0.0.1:3000/callback?",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:00080/callback",
        "http://127.0.0.1:080/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.01:3000/callback",
    ],
)
def test_a_loopback_address_has_one_spelling(small_site: Site, uri: str) -> None:
    app = native(small_site)
    answer = small_site.browser().authorize(app, redirect_uri=uri)
    assert (answer.status, answer.location) == (400, "")


def test_tokens_are_not_sent_to_a_loopback_port_without_a_click(tmp_path) -> None:
    """No secret guards what stands in the address itself."""
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'db'}", oidc__legacy_response_types="true")
    site.person("tane")
    app = site.application(
        response_types=["code", "id_token"], grant_types=["authorization_code", "implicit"]
    )
    browser = let_in_once(site, app, app.redirect_uri)
    page = browser.authorize(app, response_type="id_token", code_challenge=None)
    assert page.heading == "Let App in?"
    answer = browser.submit("/consent", decision="allow")
    assert answer.fragment["id_token"]
    site.close()


def test_a_click_for_an_application_of_ours_leaves_no_grant(small_site: Site) -> None:
    app = native(small_site)
    browser = let_in_once(small_site, app, SCHEME)
    with small_site.work() as work:
        assert work.all(Statement('SELECT client_id FROM "grant"')) == []
    assert browser.authorize(app, redirect_uri=SCHEME).heading == "Let Tool in?"
    (given,) = small_site.events(kind="person:consent:given")
    assert given.client_id == "tool"
