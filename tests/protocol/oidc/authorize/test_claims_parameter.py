"""The claims parameter (OIDC Core 5.5): what it brings, who consents to it, who may answer."""

import json
from typing import Any

import pytest

from tests.protocol.sign_ins import assert_redirect_error, signed_in, userinfo
from tests.support.site import ONE, Application, Site


@pytest.fixture
def app(small_site: Site) -> Application:
    small_site.person("tane")
    small_site.person("mere")
    return small_site.application()


def asked(id_token: Any = None, userinfo: Any = None) -> str:
    return json.dumps({"id_token": id_token, "userinfo": userinfo})


def answers(site: Site, app: Application, claims: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return ID token and userinfo of a sign-in that asks for openid and `claims`."""
    browser = signed_in(site, app, scope="openid", claims=claims)
    tokens = site.redeem(app, browser.at.query["code"]).json
    return site.id_token(tokens["id_token"]), userinfo(site, tokens["access_token"]).json


FORMS: dict[str, Any] = {
    "null": None,
    "an empty object": {},
    "essential": {"essential": True},
    "with a value": {"value": "somebody else"},
    "with values and more": {"values": ["x"], "essential": False, "unknown": [1]},
}


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_claim_asked_for_alone_comes_where_it_was_asked_for(
    small_site: Site, app: Application, form: Any
) -> None:
    id_token, found = answers(small_site, app, asked(userinfo={"name": form}))
    assert found == {"sub": id_token["sub"], "name": "Tane"}
    assert "name" not in id_token
    id_token, found = answers(small_site, app, asked(id_token={"email": form}))
    assert id_token["email"] == "tane@example.org"
    assert found == {"sub": id_token["sub"]}


def test_what_nobody_knows_or_what_is_no_claim_of_a_person_brings_nothing(
    small_site: Site, app: Application
) -> None:
    names = ["iss", "aud", "password", "shoe_size", "entitlements", "claim:email", "name#mi", ""]
    wanted = dict.fromkeys(names)
    plain, nothing = answers(small_site, app, "")
    id_token, found = answers(small_site, app, asked(id_token=wanted, userinfo=wanted))
    assert id_token.keys() == plain.keys()
    assert found == nothing


@pytest.mark.slow
def test_auth_time_is_said_when_it_is_asked_for(small_site: Site, app: Application) -> None:
    for form in FORMS.values():
        id_token, _ = answers(small_site, app, asked(id_token={"auth_time": form}))
        assert id_token["auth_time"] <= id_token["iat"]
    assert "auth_time" not in answers(small_site, app, asked(userinfo={"auth_time": None}))[0]


def test_acr_is_asked_for_in_the_id_token_alone(small_site: Site, app: Application) -> None:
    never = {"acr": {"essential": True, "values": ["urn:example:never"]}}
    id_token, _ = answers(small_site, app, asked(userinfo=never))
    assert id_token["acr"] == ONE
    browser = small_site.browser()
    browser.authorize(app, claims=asked(id_token=never))
    answer = browser.sign_in("tane")
    assert_redirect_error(small_site, answer, "unmet_authentication_requirements")


@pytest.mark.slow
@pytest.mark.parametrize("part", ["id_token", "userinfo"])
@pytest.mark.parametrize("form", ["value", "values"])
def test_only_the_person_whose_sub_is_asked_for_may_answer(
    small_site: Site, app: Application, part: str, form: str
) -> None:
    browser = signed_in(small_site, app)
    sub = small_site.claims(app, browser.at)["sub"]
    claims = json.dumps({part: {"sub": {form: sub if form == "value" else [sub]}}})
    assert browser.authorize(app, prompt="none", claims=claims).query["code"]
    other = signed_in(small_site, app, "mere")
    answer = other.authorize(app, prompt="none", claims=claims)
    assert_redirect_error(small_site, answer, "login_required")
    assert other.authorize(app, claims=claims).heading == "Sign in"
    assert other.sign_in("mere").heading == "Sign in"
    assert small_site.claims(app, other.sign_in("tane"))["sub"] == sub


def test_a_sub_of_nobody_is_told_at_once(small_site: Site, app: Application) -> None:
    browser = signed_in(small_site, app)
    for prompt in ("none", "login", None):
        for sub in ("nobody", "x" * 300, "é"):
            claims = asked(id_token={"sub": {"value": sub}})
            answer = browser.authorize(app, claims=claims, prompt=prompt)
            assert_redirect_error(small_site, answer, "login_required")


def test_a_hint_and_a_sub_that_differ_are_an_error(small_site: Site, app: Application) -> None:
    browser = signed_in(small_site, app)
    token = small_site.redeem(app, browser.at.query["code"]).json["id_token"]
    mere = small_site.claims(app, signed_in(small_site, app, "mere").at)["sub"]
    claims = asked(id_token={"sub": {"value": mere}})
    answer = browser.authorize(app, claims=claims, id_token_hint=token)
    assert_redirect_error(small_site, answer, "invalid_request")
    both = asked({"sub": {"value": mere}}, {"sub": {"value": "another"}})
    assert_redirect_error(small_site, browser.authorize(app, claims=both), "invalid_request")


WRONG = {
    "no JSON": "{",
    "a list": "[]",
    "a text": '"x"',
    "a number": "1",
    "a list of names": '{"userinfo": ["name"]}',
    "a text for a part": '{"id_token": "name"}',
    "a text for a claim": '{"userinfo": {"name": "yes"}}',
    "a flag for a claim": '{"userinfo": {"name": true}}',
    "an acr of numbers": '{"id_token": {"acr": {"value": 1}}}',
    "values of a text": '{"id_token": {"acr": {"values": "x"}}}',
    "a sub of NUL": '{"id_token": {"sub": {"value": "\\u0000"}}}',
    "half a character": '{"id_token": {"sub": {"value": "\\ud800"}}}',
    "a sub of an object": '{"userinfo": {"sub": {"value": {}}}}',
    "many brackets": '{"userinfo":' + "[" * 4000,
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
def test_what_is_not_of_the_form_is_an_error(
    small_site: Site, app: Application, claims: str
) -> None:
    answer = small_site.browser().authorize(app, claims=claims)
    assert_redirect_error(small_site, answer, "invalid_request")


# -- consent


def test_a_single_claim_is_consented_to_in_words_and_remembered(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application("stranger", first_party=False)
    claims = asked({"birthdate": None}, {"email": {"essential": True}, "sub": None})
    browser = small_site.browser()
    browser.authorize(app, scope="openid", claims=claims)
    page = browser.sign_in("tane")
    assert page.heading == "Let Stranger in?"
    for sentence in ("See your e-mail address", "See your date of birth", "until you sign out"):
        assert sentence in page.text
    assert "See your name" not in page.text
    assert browser.submit("/consent", decision="allow").query["code"]
    assert browser.authorize(app, scope="openid", claims=claims, prompt="none").query["code"]
    more = asked(userinfo={"email": None, "phone_number": None})
    answer = browser.authorize(app, scope="openid", claims=more, prompt="none")
    assert_redirect_error(small_site, answer, "consent_required")
    (given,) = small_site.events(kind="person:consent:given")
    assert given.reason == "claim:birthdate claim:email openid"


def test_a_claim_that_a_scope_covers_is_not_asked_for_twice(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application("stranger", first_party=False)
    browser = small_site.browser()
    browser.authorize(app, scope="openid email")
    browser.sign_in("tane")
    assert browser.submit("/consent", decision="allow").query["code"]
    claims = asked(userinfo={"email": None, "email_verified": None})
    assert browser.authorize(app, scope="openid email", claims=claims).query["code"]


def test_consent_to_a_claim_widens_no_scope(small_site: Site, app: Application) -> None:
    browser = signed_in(small_site, app, scope="openid", claims=asked(userinfo={"email": None}))
    assert small_site.redeem(app, browser.at.query["code"]).json["scope"] == "openid"
    answer = browser.authorize(app, scope="openid claim:email")
    assert small_site.redeem(app, answer.query["code"]).json["scope"] == "openid"


def test_offline_access_is_consented_to_before_the_first_time_and_says_how_long(
    small_site: Site,
) -> None:
    small_site.person("tane")
    app = small_site.application("stranger", first_party=False)
    browser = small_site.browser()
    browser.authorize(app, scope="openid")
    browser.sign_in("tane")
    browser.submit("/consent", decision="allow")
    offline = "openid offline_access"
    answer = browser.authorize(app, scope=offline, prompt="none")
    assert_redirect_error(small_site, answer, "consent_required")
    page = browser.authorize(app, scope=offline)
    assert "for 90 days at most, even after you sign out" in page.text
    answer = browser.submit("/consent", decision="allow")
    assert small_site.redeem(app, answer.query["code"]).json["refresh_token"]
    assert browser.authorize(app, scope=offline, prompt="none").query["code"]
