"""Request objects by value and by reference (OIDC Core 6, RFC 9101)."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.protocol.sign_ins import assert_redirect_error
from tests.support.applications.signed_requests import ask, members, sign, signer
from tests.support.site import REDIRECT_URI, Application, Site

OTHER = "https://app.example.org/cb?x=1"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Application]]:
    """One installation for all tests here that leave nothing behind but closed browsers."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    site.person("tane")
    yield site, signer(site)
    site.close()


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
@pytest.mark.parametrize("typ", [None, "JWT", "oauth-authz-req+jwt"])
def test_a_signed_request_is_as_good_as_parameters(
    ready: tuple[Site, Application], alg: str, typ: str | None
) -> None:
    site, app = ready
    browser = site.browser()
    token = sign(members(site, app, state="inside", nonce="n-inside"), alg, typ=typ)
    assert ask(browser, app, token).heading == "Sign in"
    answer = browser.sign_in("tane")
    assert (answer.query["state"], answer.query["iss"]) == ("inside", site.issuer)
    assert site.claims(app, answer)["nonce"] == "n-inside"


def test_what_stands_inside_wins_and_what_stands_outside_fills_the_gaps(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    browser = site.browser()
    token = sign(members(site, app, nonce=None, state="inside", max_age=600))
    ask(browser, app, token, state="outside", nonce="n-outside", redirect_uri=OTHER)
    answer = browser.sign_in("tane")
    assert answer.location.startswith(REDIRECT_URI)
    assert answer.query["state"] == "inside"
    claims = site.claims(app, answer)
    assert claims["nonce"] == "n-outside"
    assert "auth_time" in claims


def test_claims_may_be_json_inside(ready: tuple[Site, Application]) -> None:
    site, app = ready
    browser = site.browser()
    claims = {"id_token": {"acr": {"essential": True, "values": ["urn:example:never"]}}}
    ask(browser, app, sign(members(site, app, claims=claims)))
    answer = browser.sign_in("tane")
    assert_redirect_error(site, answer, "unmet_authentication_requirements")


def test_the_return_address_and_mode_may_stand_inside_alone(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    token = sign(members(site, app, redirect_uri=OTHER, response_mode="form_post", scope="x"))
    for outside in (None, "https://evil.example/", REDIRECT_URI):
        answer = ask(site.browser(), app, token, redirect_uri=outside)
        assert_redirect_error(site, answer, "invalid_scope")
        assert answer.form()[0] == OTHER
    for bad in ("https://evil.example/", REDIRECT_URI + "/"):
        token = sign(members(site, app, redirect_uri=bad))
        answer = ask(site.browser(), app, token, redirect_uri=REDIRECT_URI)
        assert (answer.status, answer.location) == (400, "")


def test_everything_may_stand_inside_but_the_client_id(ready: tuple[Site, Application]) -> None:
    site, app = ready
    browser = site.browser()
    token = sign(members(site, app))
    assert ask(browser, app, token, response_type=None, scope=None).heading == "Sign in"
    assert ask(browser, app, token, client_id=None).status == 400


WRONG: dict[str, dict[str, Any]] = {
    "issued by another": {"iss": "somebody"},
    "an issuer of a list": {"iss": ["signer"]},
    "for another provider": {"aud": "https://op.example.org"},
    "for a list of others": {"aud": ["https://op.example.org", "x"]},
    "for a number": {"aud": 7},
    "expired": {"exp": 1_000_000_000},
    "an expiry of words": {"exp": "tomorrow"},
    "an expiry of a flag": {"exp": True},
    "not valid yet": {"nbf": 9_999_999_999},
    "made in the future": {"iat": 9_999_999_999},
    "of another client": {"client_id": "other"},
    "a client id of a list": {"client_id": ["signer"]},
    "of another response type": {"response_type": "code id_token"},
    "a response type of a list": {"response_type": ["code"]},
    "a request within": {"request": "x"},
    "a request_uri within": {"request_uri": "https://app.example.org/r"},
    "an assertion of the client": {"sub": "signer"},
    "a state of a number": {"state": 1},
    "a scope of a list": {"scope": ["openid"]},
    "a max_age of a flag": {"max_age": True},
    "a nonce of an object": {"nonce": {}},
    "half a character": {"state": "\ud800"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_wrong_request_object_is_told_to_the_outer_address(
    ready: tuple[Site, Application], changes: dict[str, Any]
) -> None:
    site, app = ready
    token = sign(members(site, app, **changes))
    answer = ask(site.browser(), app, token, redirect_uri=REDIRECT_URI, state="the-state")
    assert_redirect_error(site, answer, "invalid_request_object")
    page = ask(site.browser(), app, token)
    assert (page.status, page.location) == (400, "")
    assert 'id="error-page"' in page.text


RIGHT: dict[str, dict[str, Any]] = {
    "for a list with us": {"aud": ["https://op.example.org"]},
    "no issuer and no audience": {"iss": None, "aud": None},
    "no times": {"iat": None, "exp": None},
    "a fraction of a second": {"nbf": 1.5},
    "members that nobody knows": {"jti": "x", "sub": "tane", "shoe_size": [44]},
    "empty parameters": {"prompt": "", "login_hint": ""},
}


@pytest.mark.parametrize("changes", RIGHT.values(), ids=RIGHT)
def test_what_is_allowed_inside_does_not_get_in_the_way(
    ready: tuple[Site, Application], changes: dict[str, Any]
) -> None:
    site, app = ready
    if isinstance(changes.get("aud"), list):
        changes = {"aud": [*changes["aud"], site.issuer]}
    token = sign(members(site, app, **changes))
    assert ask(site.browser(), app, token).heading == "Sign in"


def test_clocks_may_differ_by_a_minute(ready: tuple[Site, Application]) -> None:
    site, app = ready
    now = members(site, app)["iat"]
    for name, shift, good in (
        ("exp", -50, True),
        ("exp", -70, False),
        ("nbf", 50, True),
        ("nbf", 70, False),
        ("iat", 50, True),
        ("iat", 70, False),
    ):
        token = sign(members(site, app, **{name: now + shift}))
        answer = ask(site.browser(), app, token, redirect_uri=REDIRECT_URI)
        assert (answer.heading == "Sign in") is good, (name, shift)


def test_parameters_inside_are_checked_like_those_outside(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    for changes, error in (
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "sing"}, "invalid_request"),
        ({"max_age": -1}, "invalid_request"),
        ({"state": "a\nb"}, "invalid_request"),
        ({"nonce": "x" * 5000}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"registration": {"client_name": "x"}}, "registration_not_supported"),
        ({"prompt": "none"}, "login_required"),
    ):
        token = sign(members(site, app, **changes))
        answer = ask(site.browser(), app, token)
        assert answer.query["error"] == error, changes
        assert answer.query["state"] == changes.get("state", "the-state")


def test_value_and_reference_together_or_either_twice_are_an_error(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    token = sign(members(site, app))
    outside = {"redirect_uri": REDIRECT_URI, "state": "the-state"}
    answer = ask(site.browser(), app, token, request_uri="https://app.example.org/r", **outside)
    assert_redirect_error(site, answer, "invalid_request")
    pairs = f"/authorize?client_id=signer&redirect_uri={REDIRECT_URI}&state=the-state"
    answer = site.browser().get(f"{pairs}&request={token}&request={token}")
    assert_redirect_error(site, answer, "invalid_request")


def test_a_request_object_may_be_longer_than_any_parameter(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    browser = site.browser()
    token = sign(members(site, app, filling="x" * 8000))
    form = {"client_id": app.client_id, "response_type": "code", "request": token}
    first = browser.http.send("POST", "/authorize", form)
    assert browser._follow(first).heading == "Sign in"
    browser.sign_in("tane")
    token = sign(members(site, app, filling="x" * 40_000))
    answer = browser.http.send("POST", "/authorize", {**form, "request": token})
    assert answer.query["code"]


def test_a_client_that_registered_an_algorithm_is_held_to_it(
    ready: tuple[Site, Application],
) -> None:
    site, _ = ready
    app = signer(site, "strict-alg", request_object_signing_alg="ES256")
    assert ask(site.browser(), app, sign(members(site, app), "ES256")).heading == "Sign in"
    answer = ask(
        site.browser(),
        app,
        sign(members(site, app)),
        redirect_uri=REDIRECT_URI,
        state="the-state",
    )
    assert_redirect_error(site, answer, "invalid_request_object")
    assert site.browser().authorize(app).heading == "Sign in"


def test_of_a_client_that_signs_always_nothing_outside_counts(
    ready: tuple[Site, Application],
) -> None:
    site, _ = ready
    app = signer(site, "always", require_signed_request_object=True)
    assert_redirect_error(site, site.browser().authorize(app), "invalid_request")
    browser = site.browser()
    token = sign(members(site, app, nonce=None, state=None))
    ask(browser, app, token, nonce="n-outside", state="outside", prompt="none")
    answer = browser.sign_in("tane")
    assert answer.query["code"]
    assert "state" not in answer.query
    assert "nonce" not in site.claims(app, answer)
    for missing in ("iss", "aud", "redirect_uri"):
        token = sign(members(site, app, **{missing: None}))
        refused = ask(site.browser(), app, token, redirect_uri=REDIRECT_URI)
        assert refused.query.get("error") == "invalid_request_object" or refused.status == 400


def test_a_client_without_keys_signs_nothing(ready: tuple[Site, Application]) -> None:
    site, _ = ready
    app = site.application("keyless")
    token = sign(members(site, app))
    answer = ask(site.browser(), app, token, redirect_uri=REDIRECT_URI, state="the-state")
    assert_redirect_error(site, answer, "invalid_request_object")


def test_a_refused_request_object_is_in_the_audit_trail(ready: tuple[Site, Application]) -> None:
    site, app = ready
    # Those that are alike in one minute are one event.
    site.advance(60)
    ask(site.browser(), app, sign(members(site, app, iss="somebody")))
    (event, *_) = site.events(kind="client:request:refused")
    assert (event.client_id, event.outcome) == (app.client_id, "refused")
    assert event.reason == "invalid_request_object: iss must be the client_id"
