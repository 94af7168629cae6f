"""Pushed authorization requests (RFC 9126): what is kept, who may use it, and how often."""

import json
from typing import Any

import pytest

from idp.store.db.statements import Statement
from idp.store.service import cleaning
from tests.protocol.endpoints import ask
from tests.protocol.sign_ins import assert_redirect_error, assert_token_error
from tests.support.applications.signed_requests import members, sign, signer
from tests.support.site import MFA, OWNED_URI, REDIRECT_URI, Answer, Application, Browser, Site

PREFIX = "urn:ietf:params:oauth:request_uri:"


def pushed(site: Site, app: Application, **changes: Any) -> str:
    """Return the request_uri of a request that is pushed now."""
    form = app.request(**{"client_id": None, **changes})
    answer = ask(site, "/par", app, form)
    assert answer.status == 201, answer.text
    return str(answer.json["request_uri"])


def arrive(browser: Browser, app: Application, request_uri: str, **beside: Any) -> Answer:
    """Send a person with a request_uri, and nothing beside it but what is given."""
    return browser.open("/authorize", client_id=app.client_id, request_uri=request_uri, **beside)


def test_a_pushed_request_is_as_good_as_parameters(site: Site) -> None:
    site.person("tane")
    app = site.application()
    answer = ask(site, "/par", app, app.request(client_id=None, state="pushed", nonce="n-pushed"))
    assert answer.status == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json) == {"request_uri", "expires_in"}
    assert answer.json["request_uri"].startswith(PREFIX)
    assert 60 <= answer.json["expires_in"] <= 90
    browser = site.browser()
    assert arrive(browser, app, answer.json["request_uri"]).heading == "Sign in"
    back = browser.sign_in("tane")
    assert (back.query["state"], back.query["iss"]) == ("pushed", site.issuer)
    assert site.claims(app, back)["nonce"] == "n-pushed"
    (event,) = site.events(kind="client:code:issued")
    assert json.loads(event.data or "")["pushed"] is True


def test_a_public_client_pushes_by_its_name(site: Site) -> None:
    site.person("tane")
    app = site.application("spa", public=True)
    browser = site.browser()
    arrive(browser, app, pushed(site, app))
    assert site.claims(app, browser.sign_in("tane"))["aud"] == "spa"


@pytest.mark.slow
def test_what_stands_beside_a_pushed_request_counts_for_nothing(site: Site) -> None:
    site.person("tane")
    app = site.application(redirect_uris=[REDIRECT_URI, OWNED_URI])
    browser = site.browser()
    uri = pushed(site, app, state=None, nonce=None)
    beside = {"state": "outer", "nonce": "outer", "redirect_uri": OWNED_URI, "scope": "x"}
    arrive(browser, app, uri, **beside, response_mode="fragment", prompt="none")
    back = browser.sign_in("tane")
    assert back.location.startswith(REDIRECT_URI + "?")
    assert "state" not in back.query
    assert "nonce" not in site.claims(app, back)


def test_until_a_sign_in_is_finished_the_address_may_be_opened_again(site: Site) -> None:
    site.person("tane")
    app = site.application()
    uri, browser = pushed(site, app), site.browser()
    for _ in range(3):
        assert arrive(browser, app, uri).heading == "Sign in"
    assert "code" in browser.sign_in("tane").query
    again = arrive(browser, app, uri)
    assert (again.status, again.location) == (400, "")
    assert "used already" in again.text
    assert "Start again from the application" in again.text


def test_of_two_sign_ins_with_one_request_one_comes_to_its_end(site: Site) -> None:
    site.person("tane")
    app = site.application()
    uri, one, other = pushed(site, app), site.browser(), site.browser()
    arrive(one, app, uri)
    arrive(other, app, uri)
    assert "code" in one.sign_in("tane").query
    late = other.sign_in("tane")
    assert (late.status, late.location) == (400, "")
    assert late.heading == "This sign-in cannot be finished"
    assert len(site.events(kind="client:code:issued")) == 1


def test_who_is_signed_in_uses_a_pushed_request_once_without_a_page(site: Site) -> None:
    site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    uri = pushed(site, app)
    first = arrive(browser, app, uri)
    assert "code" in first.query
    assert arrive(browser, app, uri).status == 400


def test_a_request_that_comes_too_late_is_told_where_the_answer_goes(site: Site) -> None:
    site.person("tane")
    app = site.application()
    uri = pushed(site, app)
    site.advance(91)
    browser = site.browser()
    assert arrive(browser, app, uri).status == 400
    told = arrive(browser, app, uri, redirect_uri=REDIRECT_URI, state="the-state")
    assert_redirect_error(site, told, "invalid_request_uri")


def test_a_sign_in_that_began_in_time_ends_when_it_likes(site: Site) -> None:
    site.person("tane")
    app = site.application()
    browser = site.browser()
    arrive(browser, app, pushed(site, app))
    site.advance(600)
    assert "code" in browser.sign_in("tane").query


def test_the_request_of_one_client_is_no_others(site: Site) -> None:
    site.person("tane")
    app, other = site.application(), site.application("other")
    uri = pushed(site, app)
    assert arrive(site.browser(), other, uri).status == 400
    assert arrive(site.browser(), app, uri).heading == "Sign in"


@pytest.mark.parametrize("uri", [PREFIX, PREFIX + "x", PREFIX + "%00", PREFIX + "é" * 200])
def test_a_request_that_nobody_pushed_is_a_page(small_site: Site, uri: str) -> None:
    app = small_site.application()
    assert arrive(small_site.browser(), app, uri).status == 400


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another request": ({"request_uri": PREFIX + "x"}, "invalid_request"),
    "no return address": ({"redirect_uri": None}, "invalid_request"),
    "an address of nobody": ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
    "no PKCE": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "plain PKCE": ({"code_challenge_method": "plain"}, "invalid_request"),
    "no response type": ({"response_type": None}, "invalid_request"),
    "tokens by the browser": ({"response_type": "token"}, "unsupported_response_type"),
    "no openid": ({"scope": "profile"}, "invalid_scope"),
    "an odd prompt": ({"prompt": "none login"}, "invalid_request"),
    "an odd max_age": ({"max_age": "soon"}, "invalid_request"),
    "claims that are no JSON": ({"claims": "{"}, "invalid_request"),
    "an odd mode": ({"response_mode": "pigeon"}, "invalid_request"),
    "a registration": ({"registration": "{}"}, "registration_not_supported"),
    "a stranger's hint": ({"id_token_hint": "x.y.z"}, "invalid_request"),
    "an unsigned request": ({"request": "e30.e30."}, "invalid_request_object"),
    "a control character": ({"state": "a\x01b"}, "invalid_request"),
    "a long value": ({"state": "x" * 4097}, "invalid_request"),
}


@pytest.mark.parametrize(("changes", "error"), WRONG.values(), ids=WRONG)
def test_what_authorize_would_refuse_is_refused_when_it_is_pushed(
    small_site: Site, changes: dict[str, Any], error: str
) -> None:
    app = small_site.application()
    form = app.request(**{"client_id": None, **changes})
    assert_token_error(ask(small_site, "/par", app, form), error)
    assert small_site.times(kind="client:request:refused") == 1


def test_all_values_together_have_a_limit(small_site: Site) -> None:
    app = small_site.application()
    long = dict.fromkeys(("state", "nonce", "login_hint", "acr_values", "ui_locales"), "x" * 4000)
    form = app.request(client_id=None, **long)
    assert_token_error(ask(small_site, "/par", app, form), "invalid_request", 413)


def test_a_client_proves_itself_as_at_the_token_endpoint(small_site: Site) -> None:
    site = small_site
    app = site.application()
    wrong = Application(app.client_id, "another secret")
    assert_token_error(ask(site, "/par", wrong, app.request(client_id=None)), "invalid_client", 401)
    nobody = Application("nobody", None)
    form = app.request(client_id="nobody")
    assert_token_error(ask(site, "/par", nobody, form), "invalid_client", 401)
    by_name = Application(app.client_id, None)
    assert_token_error(ask(site, "/par", by_name, app.request()), "invalid_client", 401)
    assert_token_error(
        site.client().send("POST", "/par", app.request(client_id="other"), app.authentication()),
        "invalid_request",
    )


def test_a_parameter_comes_once_and_by_post(small_site: Site) -> None:
    site = small_site
    app = site.application()
    body = "&".join(f"{name}={value}" for name, value in app.request(client_id=None).items())
    headers = {**app.authentication(), "Content-Type": "application/x-www-form-urlencoded"}
    twice = site.client().send("POST", "/par", body + "&state=again", headers)
    assert_token_error(twice, "invalid_request")
    for method in ("GET", "PUT", "DELETE"):
        answer = site.client().send(method, "/par", None, app.authentication())
        assert (answer.status, answer.json["error"]) == (405, "invalid_request")


def test_a_request_object_may_be_pushed_and_all_that_counts_stands_inside(
    small_site: Site,
) -> None:
    site = small_site
    site.person("tane")
    app = signer(site)
    token = sign(members(site, app, state="inside"))
    answer = ask(site, "/par", app, {"request": token, "state": "outside", "nonce": "outside"})
    assert answer.status == 201, answer.text
    browser = site.browser()
    arrive(browser, app, answer.json["request_uri"])
    back = browser.sign_in("tane")
    assert back.query["state"] == "inside"
    assert site.claims(app, back).get("nonce") != "outside"


def test_a_client_that_signs_its_requests_pushes_no_others(small_site: Site) -> None:
    app = signer(small_site, require_signed_request_object=True)
    form = app.request(client_id=None)
    assert_token_error(ask(small_site, "/par", app, form), "invalid_request")


def test_a_client_that_must_push_is_refused_without(small_site: Site) -> None:
    site = small_site
    site.person("tane")
    app = site.application(require_pushed_authorization_requests=True)
    assert_redirect_error(site, site.browser().authorize(app), "invalid_request")
    browser = site.browser()
    assert arrive(browser, app, pushed(site, app)).heading == "Sign in"
    assert "code" in browser.sign_in("tane").query


def test_an_installation_may_take_pushed_requests_alone(tmp_path: Any) -> None:
    site = Site(
        tmp_path,
        f"sqlite:///{tmp_path / 'acrux.db'}",
        oidc__require_pushed_authorization_requests="true",
    )
    app = site.application()
    assert_redirect_error(site, site.browser().authorize(app), "invalid_request")
    assert arrive(site.browser(), app, pushed(site, app)).heading == "Sign in"
    metadata = site.client().send("GET", "/.well-known/openid-configuration").json
    assert metadata["require_pushed_authorization_requests"] is True
    assert metadata["pushed_authorization_request_endpoint"] == f"{site.issuer}/par"
    site.close()


def test_a_pushed_wish_for_a_second_step_is_held_to(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application()
    browser = site.browser()
    claims = Application.essential(MFA)
    arrive(browser, app, pushed(site, app, claims=claims))
    browser.sign_in("tane")
    assert site.claims(app, browser.totp(secret))["acr"] == MFA


def test_what_was_pushed_is_swept_when_its_time_is_over(site: Site) -> None:
    app = site.application()
    pushed(site, app)
    site.advance(91)
    with site.work() as work:
        cleaning.clean(work, 1)
    with site.work() as work:
        assert work.value(Statement("SELECT count(*) FROM pushed_request")) == 0
