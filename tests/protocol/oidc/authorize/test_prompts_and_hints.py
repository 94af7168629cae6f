"""prompt, max_age and the two hints: when someone is asked again, and who may answer."""

import json
from typing import Any

import pytest
from joserfc import jwk, jwt

from idp.store.oidc import clients
from tests.protocol.sign_ins import assert_redirect_error, signed_in
from tests.support.site import ONE, Application, Browser, Site

AGE = {"max_age": "15000"}


@pytest.fixture
def app(site: Site) -> Application:
    site.person("tane")
    site.person("mere")
    return site.application()


def first(site: Site, app: Application) -> tuple[Browser, dict[str, Any], str]:
    """Sign in; return the browser, the claims, and the ID token itself."""
    browser = signed_in(site, app, **AGE)
    token = site.redeem(app, browser.at.query["code"]).json["id_token"]
    return browser, site.id_token(token), token


def test_none_answers_at_once_with_the_same_sign_in(site: Site, app: Application) -> None:
    browser, before, _ = first(site, app)
    site.advance(60)
    after = site.claims(app, browser.authorize(app, prompt="none", **AGE))
    for name in ("sub", "auth_time", "acr", "amr", "sid"):
        assert after[name] == before[name]


def test_none_never_shows_a_page(site: Site, app: Application) -> None:
    strict = site.application("strict", first_party=False)
    nobody = site.browser()
    assert_redirect_error(site, nobody.authorize(app, prompt="none"), "login_required")
    assert nobody.http.cookies() == {}
    browser, _, _ = first(site, app)
    assert_redirect_error(site, browser.authorize(strict, prompt="none"), "consent_required")
    site.advance(100)
    answer = browser.authorize(app, prompt="none", max_age="50")
    assert_redirect_error(site, answer, "login_required")
    answer = browser.authorize(app, prompt="none", max_age="0")
    assert_redirect_error(site, answer, "login_required")


def test_login_asks_again_and_auth_time_is_later(site: Site, app: Application) -> None:
    browser, before, _ = first(site, app)
    site.advance(5)
    page = browser.authorize(app, prompt="login", **AGE)
    assert page.heading == "Sign in"
    assert "Signed in as <strong>Tane</strong>" in page.text
    after = site.claims(app, browser.sign_in("tane"))
    assert after["sub"] == before["sub"]
    assert after["auth_time"] >= before["auth_time"] + 5


@pytest.mark.slow
def test_login_asks_again_for_every_factor(site: Site, app: Application) -> None:
    secret = site.secret()
    site.person("hemi", totp=secret)
    browser = site.browser()
    browser.authorize(app, **AGE)
    browser.sign_in("hemi")
    before = site.claims(app, browser.totp(secret))
    site.advance(60)
    browser.authorize(app, prompt="login", **AGE)
    assert browser.sign_in("hemi").heading == "Enter the code from your app"
    after = site.claims(app, browser.totp(secret))
    assert after["amr"] == ["pwd", "otp", "mfa"]
    assert after["auth_time"] >= before["auth_time"] + 60


def test_a_finished_login_prompt_is_not_asked_twice(site: Site, app: Application) -> None:
    browser, _, _ = first(site, app)
    browser.authorize(app, prompt="login")
    assert browser.sign_in("tane").query["code"]
    assert browser.authorize(app).query["code"]
    assert browser.authorize(app, prompt="login").heading == "Sign in"


def test_select_account_lets_somebody_else_in(site: Site, app: Application) -> None:
    browser, before, _ = first(site, app)
    page = browser.authorize(app, prompt="select_account")
    assert "Use another account" in page.text
    assert "Signed in as" not in browser.submit("/switch").text
    after = site.claims(app, browser.sign_in("mere"))
    assert after["sub"] != before["sub"]
    assert after["sid"] != before["sid"]
    assert site.claims(app, browser.authorize(app, prompt="none"))["sub"] == after["sub"]


def test_max_age_asks_again_when_the_sign_in_is_older(site: Site, app: Application) -> None:
    browser, before, _ = first(site, app)
    site.advance(2)
    assert browser.authorize(app, max_age="1").heading == "Sign in"
    after = site.claims(app, browser.sign_in("tane"))
    assert after["auth_time"] >= before["auth_time"] + 2
    site.advance(1000)
    again = site.claims(app, browser.authorize(app, max_age="10000"))
    assert (again["auth_time"], again["sub"]) == (after["auth_time"], after["sub"])
    assert browser.authorize(app, max_age="1100").query["code"]
    assert browser.authorize(app, max_age="900").heading == "Sign in"
    assert browser.authorize(app, max_age="9999999999").query["code"]


def test_max_age_zero_asks_always(site: Site, app: Application) -> None:
    browser, _, _ = first(site, app)
    assert browser.authorize(app, max_age="0").heading == "Sign in"
    assert "auth_time" in site.claims(app, browser.sign_in("tane"))


def test_a_client_has_a_default_max_age_that_a_request_replaces(
    site: Site, app: Application
) -> None:
    short = site.application("short", default_max_age=10)
    browser, _, _ = first(site, app)
    site.advance(20)
    assert browser.authorize(short, max_age="1000").query["code"]
    assert browser.authorize(short).heading == "Sign in"


def test_a_login_hint_fills_in_the_name_and_decides_nothing(site: Site, app: Application) -> None:
    browser = site.browser()
    page = browser.authorize(app, login_hint="mere@example.org")
    assert 'value="mere@example.org"' in page.text
    assert site.claims(app, browser.sign_in("tane"))["acr"] == ONE
    assert site.browser().authorize(app, login_hint="x" * 4000).heading == "Sign in"
    assert browser.authorize(app, login_hint="mere").query["code"]


def test_a_hint_of_the_person_who_is_there_answers_at_once_even_expired(
    site: Site, app: Application
) -> None:
    browser, before, token = first(site, app)
    answer = browser.authorize(app, prompt="none", id_token_hint=token)
    assert site.claims(app, answer)["sub"] == before["sub"]
    site.advance(3000)
    answer = browser.authorize(app, prompt="none", id_token_hint=token)
    assert site.claims(app, answer)["sub"] == before["sub"]
    answer = site.browser().authorize(app, prompt="none", id_token_hint=token)
    assert_redirect_error(site, answer, "login_required")


@pytest.mark.slow
def test_a_hint_that_we_did_not_give_this_client_is_refused(site: Site, app: Application) -> None:
    browser, claims, token = first(site, app)
    other = site.application("other")
    theirs = site.redeem(other, browser.authorize(other).query["code"]).json
    kid = site.client().send("GET", "/jwks").json["keys"][0]["kid"]
    foreign = jwk.RSAKey.generate_key(2048)
    body = token.split(".")[1]
    for hint in (
        jwt.encode({"alg": "RS256", "kid": kid}, claims, foreign),
        jwt.encode({"alg": "RS256", "kid": "unknown"}, claims, foreign),
        f"eyJhbGciOiJub25lIn0.{body}.",
        token[:-8] + "AAAAAAAA",
        theirs["id_token"],
        theirs["access_token"],
        "é",
    ):
        answer = browser.authorize(app, prompt="none", id_token_hint=hint)
        assert_redirect_error(site, answer, "invalid_request")


@pytest.mark.slow
def test_a_hint_of_another_person_is_never_answered_for_this_one(
    site: Site, app: Application
) -> None:
    _, claims, token = first(site, app)
    browser = signed_in(site, app, "mere")
    answer = browser.authorize(app, prompt="none", id_token_hint=token)
    assert_redirect_error(site, answer, "login_required")
    page = browser.authorize(app, id_token_hint=token)
    assert page.heading == "Sign in"
    assert browser.sign_in("mere").heading == "Sign in"
    assert site.claims(app, browser.sign_in("tane"))["sub"] == claims["sub"]


# -- prompt=create


def test_create_shows_the_sign_in_page_and_says_who_makes_accounts(
    site: Site, app: Application
) -> None:
    browser = site.browser()
    page = browser.authorize(app, prompt="create")
    assert page.heading == "Sign in"
    assert "Accounts cannot be made on this page" in page.text
    assert "Accounts cannot be made" not in browser.authorize(app).text
    browser.authorize(app, prompt="create")
    assert browser.sign_in("tane").query["code"]


@pytest.mark.slow
def test_create_never_answers_for_who_is_there(site: Site, app: Application) -> None:
    browser, before, _ = first(site, app)
    for prompt in ("create", "create login", "create consent"):
        page = browser.authorize(app, prompt=prompt)
        assert page.heading == "Sign in"
        assert "Accounts cannot be made on this page" in page.text
        assert "Use another account" in page.text
    browser.authorize(app, prompt="create")
    browser.submit("/switch")
    after = site.claims(app, browser.sign_in("mere"))
    assert after["sub"] != before["sub"]


@pytest.mark.slow
def test_create_is_not_advertised(site: Site) -> None:
    found = site.client().send("GET", "/.well-known/openid-configuration").json
    assert "create" not in found["prompt_values_supported"]


# -- several prompts


def test_login_and_consent_together_ask_for_both(site: Site, app: Application) -> None:
    browser, before, _ = first(site, app)
    site.advance(5)
    assert browser.authorize(app, prompt="login consent", **AGE).heading == "Sign in"
    assert browser.sign_in("tane").heading == "Let App in?"
    after = site.claims(app, browser.submit("/consent", decision="allow"))
    assert after["auth_time"] >= before["auth_time"] + 5


# -- what a registration adds


def test_a_client_gets_only_the_scopes_that_it_registered(site: Site, app: Application) -> None:
    narrow = site.application("narrow", scope="openid email")
    browser, _, _ = first(site, app)
    answer = browser.authorize(narrow, scope="openid email profile phone offline_access")
    tokens = site.redeem(narrow, answer.query["code"]).json
    assert tokens["scope"] == "openid email"
    assert "refresh_token" not in tokens
    bare = site.application("bare", scope="email")
    assert_redirect_error(site, browser.authorize(bare), "invalid_scope")


def test_a_client_may_always_be_told_auth_time(site: Site, app: Application) -> None:
    browser = signed_in(site, app)
    assert "auth_time" not in site.claims(app, browser.at)
    curious = site.application("curious", require_auth_time=True)
    assert "auth_time" in site.claims(curious, browser.authorize(curious))


def test_a_registration_that_ends_during_a_sign_in_ends_it(site: Site, app: Application) -> None:
    moving = site.application("moving")
    browser = site.browser()
    browser.authorize(moving)
    with site.work() as work:
        data = json.dumps({"redirect_uris": ["https://new.example.org/"], "first_party": True})
        assert clients.change(work, "moving", "Moving", data)
    answer = browser.sign_in("tane")
    assert (answer.status, answer.location) == (400, "")
    assert answer.heading == "This sign-in cannot be finished"


@pytest.mark.slow
def test_a_pairwise_client_names_people_by_what_it_calls_them(site: Site, app: Application) -> None:
    apart = site.application("apart", subject_type="pairwise")
    browser, before, _ = first(site, app)
    token = site.redeem(apart, browser.authorize(apart).query["code"]).json["id_token"]
    sub = site.id_token(token)["sub"]
    assert sub != before["sub"]
    for by in (
        {"id_token_hint": token},
        {"claims": json.dumps({"id_token": {"sub": {"value": sub}}})},
    ):
        answer = browser.authorize(apart, prompt="none", **by)
        assert site.claims(apart, answer)["sub"] == sub
        other = signed_in(site, app, "mere")
        refused = other.authorize(apart, prompt="none", **by)
        assert_redirect_error(site, refused, "login_required")
    claims = json.dumps({"id_token": {"sub": {"value": before["sub"]}}})
    answer = browser.authorize(apart, prompt="none", claims=claims)
    assert_redirect_error(site, answer, "login_required")
