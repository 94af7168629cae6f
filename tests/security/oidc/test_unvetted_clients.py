"""Clients that registered themselves: what people are told of them, and what they cannot do."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from idp.cli.running.worker import Worker
from idp.oidc.authorize import shown
from tests.protocol import devices
from tests.protocol.command import Acrux
from tests.protocol.registrations import Registered, registered, registering_site, signed_in_tokens
from tests.protocol.sign_ins import assert_redirect_error, userinfo
from tests.security.serving.crowd import number, under_way
from tests.support.site import Answer, Browser, Site

URI = "https://nice.example/cb"
LOGO = "https://nice.example/logo.png"
BYE = "https://nice.example/bye"
UNREACHABLE = json.dumps({"id_token": {"acr": {"essential": True, "value": "urn:example:gold"}}})


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    with registering_site(tmp_path, database_url) as found:
        found.person("tane")
        yield found


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    with registering_site(tmp_path) as found:
        found.person("tane")
        yield found


NICE: dict[str, object] = {
    "client_name": "Nice App",
    "redirect_uris": [URI],
    "logo_uri": LOGO,
    "grant_types": ["authorization_code", "refresh_token"],
}


def nice(site: Site, **members: object) -> Registered:
    return registered(site, None, **NICE | members)


def becomes(client: Registered, **members: object) -> None:
    """Let it register again, with these members in the place of what they were."""
    assert client.update(**NICE | members).status == 200


def let_in(site: Site, client: Registered) -> Browser:
    browser = site.browser()
    browser.authorize(client.application)
    browser.sign_in("tane")
    assert browser.submit("/consent", decision="allow").query["code"]
    return browser


def held(answer: Answer) -> bool:
    """Return True if a page stands between the browser and the client, with a way to it."""
    assert "Refresh" not in answer.headers
    return answer.status == 400 and 'id="held-continue"' in answer.text and not answer.location


def test_people_read_where_it_is_and_that_nobody_checked_it(small_site: Site) -> None:
    client = nice(small_site)
    browser = small_site.browser()
    browser.authorize(client.application)
    page = browser.sign_in("tane")
    assert page.heading == "Let Nice App in?"
    assert "no one here has checked it. Your answer goes to nice.example." in page.text
    assert LOGO not in page.text
    acrux = Acrux(small_site.environ)
    acrux("client", "set", client.client_id, "vouched=yes")
    page = browser.authorize(client.application)
    assert "no one here has checked it" not in page.text
    assert LOGO in page.text


@pytest.mark.parametrize(
    "change",
    [
        {"client_name": "Payroll"},
        {"redirect_uris": ["https://evil.example/cb"]},
        {"redirect_uris": [URI, "https://nice.example:8443/cb"]},
        {"scope": "openid profile email phone"},
    ],
    ids=["another name", "another host", "one host more", "another scope"],
)
def test_what_was_granted_ends_when_it_becomes_another_client(
    site: Site, change: dict[str, object]
) -> None:
    client = nice(site)
    answer = signed_in_tokens(site, client.application, scope="openid email offline_access")
    browser = let_in(site, client)
    assert browser.authorize(client.application).query["code"]
    becomes(client, **change)
    assert userinfo(site, answer["access_token"]).status == 401
    assert site.refresh(client.application, answer["refresh_token"]).status == 400
    page = browser.authorize(Registered(site, client.read().json).application)
    assert page.heading.startswith("Let ")


def test_what_was_granted_stays_when_it_stays_the_same(small_site: Site) -> None:
    client = nice(small_site)
    browser = let_in(small_site, client)
    uris = [URI, "https://nice.example/other"]
    becomes(client, redirect_uris=uris, contacts=["a@b.nz"])
    assert browser.authorize(client.application).query["code"]


def test_a_consent_under_way_is_not_one_for_the_client_that_it_became(site: Site) -> None:
    client = nice(site)
    browser = site.browser()
    browser.authorize(client.application)
    browser.sign_in("tane")
    becomes(client, client_name="Payroll")
    page = browser.submit("/consent", decision="allow")
    assert (page.status, page.heading) == (400, "Let Payroll in?")
    assert not site.events(kind="person:consent:given")
    # Nor is one that was given a moment before, until the answer has gone out.
    action, values = browser.at.form("/consent")
    given = browser.http.send("POST", action, values | {"decision": "allow"})
    becomes(client, client_name="Wages")
    assert browser.open(given.location).heading == "Let Wages in?"


Asked = tuple[Registered, Callable[[Answer], Answer]]
"""A client that waits for an answer, and how it gets its tokens then."""


def _asked(site: Site, browser: Browser) -> Asked:
    client = nice(site)
    browser.authorize(client.application)
    return client, lambda back: site.redeem(client.application, back.query["code"])


def _asked_by_a_device(site: Site, browser: Browser) -> Asked:
    grants = [devices.GRANT, "authorization_code"]
    client = nice(site, grant_types=grants, token_endpoint_auth_method="none")
    Acrux(site.environ)("client", "set", client.client_id, "vouched=yes")
    given = devices.codes(site, client.application)
    devices.enter(browser, given["user_code"])
    devices.answer(browser, "yes")
    return client, lambda _back: devices.poll(site, client.application, given["device_code"])


_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
@pytest.mark.parametrize("ask", [_asked, _asked_by_a_device])
def test_one_that_becomes_another_while_what_was_agreed_to_is_compared_gets_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Site, Browser], Asked]
) -> None:
    browser = site.browser()
    client, redeem = ask(site, browser)
    browser.sign_in("tane")
    action, values = browser.at.form("/consent")
    said = browser.http.send("POST", action, values | {"decision": "allow"})
    changes: list[Future[None]] = []
    with ThreadPoolExecutor(1) as pool:

        def change() -> None:
            grants = client.information["grant_types"]
            method = client.information["token_endpoint_auth_method"]
            name = {"client_name": "Payroll", "grant_types": grants}
            name |= {"token_endpoint_auth_method": method}
            changes.append(pool.submit(becomes, client, **name))
            while not number(site, _WAITING):
                assert not changes[0].done(), "it is another one before the answer is stored"

        back = under_way(
            monkeypatch, (shown, "stored"), lambda: browser.open(said.location), change
        )
        changes[0].result(30)
    assert redeem(back).json["error"] in ("invalid_grant", "access_denied")


@pytest.mark.parametrize("change", [{"client_name": "Payroll"}, {"logo_uri": LOGO + "?x"}])
def test_a_vouch_is_for_what_was_looked_at(small_site: Site, change: dict[str, object]) -> None:
    client = nice(small_site)
    acrux = Acrux(small_site.environ)
    acrux("client", "set", client.client_id, "vouched=yes")
    becomes(client)
    assert acrux.json("client", "show", client.client_id)["vouched"] is True
    becomes(client, **change)
    assert acrux.json("client", "show", client.client_id)["vouched"] is False


def test_it_cannot_vouch_for_itself(small_site: Site) -> None:
    client = nice(small_site, vouched=True)
    becomes(client, vouched=True)
    shown = Acrux(small_site.environ).json("client", "show", client.client_id)
    assert shown["vouched"] is False


BAD = (
    {"scope": "nope"},
    {"response_type": "bogus"},
    {"prompt": "x"},
    {"prompt": "none login"},
    {"id_token_hint": "x"},
    {"claims": "{"},
    {"max_age": "x"},
    {"code_challenge_method": "plain"},
    {"scope": "nope", "prompt": "none"},
    {"scope": "nope", "response_mode": "fragment"},
)


@pytest.mark.parametrize("wrong", BAD, ids=str)
def test_no_bad_request_sends_a_browser_to_it_unasked(
    small_site: Site, wrong: dict[str, str]
) -> None:
    client = nice(small_site)
    signed_in = let_in(small_site, client)
    for browser in (small_site.browser(), signed_in):
        answer = browser.authorize(client.application, **wrong)
        assert held(answer)
        assert "Continue to nice.example" in answer.text
        assert "error=" in answer.text


def test_by_form_post_it_is_sent_by_a_click(small_site: Site) -> None:
    client = nice(small_site)
    browser = small_site.browser()
    answer = browser.authorize(client.application, scope="nope", response_mode="form_post")
    assert held(answer)
    assert answer.form()[0] == URI
    assert answer.form()[1]["error"] == "invalid_scope"
    assert "form-action" not in answer.headers["Content-Security-Policy"]


def test_a_refusal_that_no_click_brought_about_is_held_too(small_site: Site) -> None:
    client = nice(small_site)
    browser = let_in(small_site, client)
    assert held(browser.authorize(client.application, claims=UNREACHABLE))


def test_what_the_person_decides_and_what_no_page_may_be_shown_for_is_sent(
    small_site: Site,
) -> None:
    client = nice(small_site)
    browser = small_site.browser()
    browser.authorize(client.application)
    assert_redirect_error(small_site, browser.submit("/cancel"), "access_denied")
    answer = small_site.browser().authorize(client.application, prompt="none")
    assert_redirect_error(small_site, answer, "login_required")


def test_a_client_that_was_looked_at_is_told_of_its_mistakes(small_site: Site) -> None:
    client = nice(small_site)
    Acrux(small_site.environ)("client", "set", client.client_id, "vouched=yes")
    answer = small_site.browser().authorize(client.application, scope="nope")
    assert_redirect_error(small_site, answer, "invalid_scope")


def test_signing_out_sends_nobody_to_it_unasked(small_site: Site) -> None:
    client = nice(small_site, post_logout_redirect_uris=[BYE])
    wish = {"client_id": client.client_id, "post_logout_redirect_uri": BYE}
    answer = small_site.browser().open("/end_session", **wish)
    assert (answer.status, answer.location) == (200, "")
    assert f'href="{BYE}"' in answer.text
    Acrux(small_site.environ)("client", "set", client.client_id, "vouched=yes")
    assert small_site.browser().open("/end_session", **wish).location == BYE


def test_one_that_nobody_ever_let_in_is_taken_away(site: Site) -> None:
    unused, used, vouched, begun = (nice(site) for _ in range(4))
    operators = site.application("operators", first_party=False)
    let_in(site, used)
    Acrux(site.environ)("client", "set", vouched.client_id, "vouched=yes")
    worker = Worker(site.installation)
    site.advance(29 * 86400)
    worker.clean()
    assert unused.read().status == 200
    site.browser().authorize(begun.application)
    site.advance(2 * 86400)
    site.browser().authorize(begun.application)
    worker.clean()
    assert unused.read().status == 401
    assert [c.read().status for c in (used, vouched, begun)] == [200, 200, 200]
    assert "operators" in [c["client_id"] for c in Acrux(site.environ).json("client", "list")]
    assert operators.client_id == "operators"
    gone = site.events(kind="client:registration:deleted")
    assert [e.client_id for e in gone] == [unused.client_id]


def test_the_setting_keeps_them_for_ever(tmp_path: Path) -> None:
    with registering_site(tmp_path, registration__unused_days=0) as site:
        client = nice(site)
        site.advance(10_000 * 86400)
        Worker(site.installation).clean()
        assert client.read().status == 200
