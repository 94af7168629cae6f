"""The authorization endpoint: what is a page, what is redirected, and what comes back exactly."""

import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.protocol.sign_ins import assert_redirect_error
from tests.support.site import REDIRECT_URI, Application, Browser, Site

LOOPBACK = "http://127.0.0.1:5998/callback"
QUERY = "https://app.example.org/cb?tenant=a%20b&x"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Application]]:
    """One installation for all tests here that leave nothing behind but closed browsers."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    site.person("tane")
    uris = [REDIRECT_URI, LOOPBACK, QUERY]
    yield site, site.application(redirect_uris=uris)
    site.close()


PAGES = {
    "no client": {"client_id": None},
    "an unknown client": {"client_id": "nobody"},
    "a client id of NUL": {"client_id": "app\x00"},
    "a client id of another alphabet": {"client_id": "äpp"},
    "a client id of 5000 letters": {"client_id": "a" * 5000},
    "no redirect URI": {"redirect_uri": None},
    "an unknown redirect URI": {"redirect_uri": "https://evil.example/"},
    "a longer path": {"redirect_uri": REDIRECT_URI + "/more"},
    "a trailing slash": {"redirect_uri": REDIRECT_URI + "/"},
    "an added query": {"redirect_uri": REDIRECT_URI + "?a=b"},
    "a missing query": {"redirect_uri": "https://app.example.org/cb"},
    "a changed query": {"redirect_uri": "https://app.example.org/cb?tenant=a+b&x"},
    "a fragment": {"redirect_uri": REDIRECT_URI + "#x"},
    "an empty fragment": {"redirect_uri": LOOPBACK + "#"},
    "another port of a name": {"redirect_uri": "http://localhost:6000/callback"},
    "another scheme": {"redirect_uri": "https://localhost:5999/callback"},
    "another case": {"redirect_uri": "http://LOCALHOST:5999/callback"},
    "a user in front": {"redirect_uri": "http://x@127.0.0.1:5998/callback"},
    "another loopback port for a server": {"redirect_uri": "http://127.0.0.1:5997/callback"},
    "a loopback path that is not registered": {"redirect_uri": "http://127.0.0.1:1/other"},
    "the loopback of another family": {"redirect_uri": "http://[::1]:5998/callback"},
    "a loopback port that is a policy": {
        "redirect_uri": "http://127.0.0.1:80; script-src */callback"
    },
    "a loopback port that is none": {"redirect_uri": "http://127.0.0.1:99999/callback"},
    "a loopback port of another alphabet": {"redirect_uri": "http://127.0.0.1:8é/callback"},
    "a control character in front": {"redirect_uri": "\x01" + LOOPBACK},
    "a line break within": {"redirect_uri": "http://127.0.0.1:80\r\nX: y/callback"},
    "a quote": {"redirect_uri": REDIRECT_URI + '"'},
    "a backslash": {"redirect_uri": "http://localhost:5999\\@evil.example/callback"},
    "a macron": {"redirect_uri": REDIRECT_URI + "ā"},
    "no address at all": {"redirect_uri": "http://[::1/callback"},
    "a script": {"redirect_uri": "javascript:alert(1)"},
    "an unknown redirect URI, wrong otherwise too": {
        "redirect_uri": "https://evil.example/",
        "response_type": None,
        "prompt": "none",
    },
}


@pytest.mark.parametrize("changes", PAGES.values(), ids=PAGES)
def test_without_a_trusted_return_address_there_is_a_page_and_no_redirect(
    ready: tuple[Site, Application], changes: dict[str, Any]
) -> None:
    site, app = ready
    answer = site.browser().authorize(app, **changes)
    assert answer.status == 400
    assert not answer.location
    assert 'id="error-page"' in answer.text
    assert "evil.example" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_client_or_return_address_given_twice_is_a_page(
    ready: tuple[Site, Application], name: str
) -> None:
    site, app = ready
    parameters = app.request()
    query = urlencode([*parameters.items(), (name, parameters[name])])
    answer = site.browser().get(f"/authorize?{query}")
    assert answer.status == 400
    assert not answer.location


ERRORS = {
    "no response_type": ({"response_type": None}, "invalid_request"),
    "an empty response_type": ({"response_type": ""}, "invalid_request"),
    "no response type at all": ({"response_type": "none"}, "unsupported_response_type"),
    "code twice": ({"response_type": "code code"}, "unsupported_response_type"),
    "code and something": ({"response_type": "code x"}, "unsupported_response_type"),
    "a space in front": ({"response_type": " code"}, "unsupported_response_type"),
    "a quote as response_type": ({"response_type": 'c"x'}, "unsupported_response_type"),
    "é as response_type": ({"response_type": "é"}, "unsupported_response_type"),
    "an unknown response_mode": ({"response_mode": "pigeon"}, "invalid_request"),
    "a request object": ({"request": "e30.e30."}, "invalid_request_object"),
    "a request_uri": ({"request_uri": "https://app.example.org/r"}, "invalid_request_uri"),
    "a registration": ({"registration": "{}"}, "registration_not_supported"),
    "no scope": ({"scope": None}, "invalid_scope"),
    "a scope without openid": ({"scope": "profile"}, "invalid_scope"),
    "an unknown prompt": ({"prompt": "sing"}, "invalid_request"),
    "prompt none and create": ({"prompt": "none create"}, "invalid_request"),
    "prompt none and login": ({"prompt": "none login"}, "invalid_request"),
    "a negative max_age": ({"max_age": "-1"}, "invalid_request"),
    "a max_age of words": ({"max_age": "soon"}, "invalid_request"),
    "a max_age with a fraction": ({"max_age": "1.5"}, "invalid_request"),
    "a max_age in other digits": ({"max_age": "१"}, "invalid_request"),
    "a max_age of years": ({"max_age": "9" * 11}, "invalid_request"),
    "an id_token_hint of nobody": ({"id_token_hint": "x.y.z"}, "invalid_request"),
    "nothing silent without a session": ({"prompt": "none"}, "login_required"),
}


@pytest.mark.parametrize(("changes", "error"), ERRORS.values(), ids=ERRORS)
def test_a_wrong_request_is_told_to_the_application_with_state_and_iss(
    ready: tuple[Site, Application], changes: dict[str, Any], error: str
) -> None:
    site, app = ready
    answer = site.browser().authorize(app, **changes)
    assert answer.location.startswith(REDIRECT_URI + "?")
    assert_redirect_error(site, answer, error)
    without = site.browser().authorize(app, **{**changes, "state": None})
    assert_redirect_error(site, without, error, state=None)


ONCE = (
    *("response_type", "scope", "state", "nonce", "prompt", "acr_values", "claims", "max_age"),
    *("code_challenge", "code_challenge_method", "login_hint", "request", "display"),
)


@pytest.mark.parametrize("name", ONCE)
def test_a_parameter_given_twice_is_an_error(ready: tuple[Site, Application], name: str) -> None:
    site, app = ready
    value = app.request().get(name, "1")
    pairs = [*app.request().items(), (name, value)]
    if name not in app.request():
        pairs.append((name, "2"))
    answer = site.browser().get(f"/authorize?{urlencode(pairs)}")
    assert_redirect_error(site, answer, "invalid_request")


STATES = {
    "128 unreserved characters": ("-._~" + string.ascii_letters + string.digits) * 2,
    "every printable ASCII character": "".join(map(chr, range(0x20, 0x7F))),
    "percent signs that look encoded": "%41%2B+%00%",
    "an emoji and macrons": "āē🧭",
    "one space": " ",
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_state_comes_back_exactly_in_codes_and_errors(
    ready: tuple[Site, Application], state: str
) -> None:
    site, app = ready
    browser = site.browser()
    assert_redirect_error(
        site, browser.authorize(app, state=state, prompt="none"), "login_required", state=state
    )
    browser.authorize(app, state=state)
    answer = browser.sign_in("tane")
    assert answer.query["state"] == state
    assert answer.query.keys() == {"code", "state", "iss", "session_state"}
    assert answer.query["iss"] == site.issuer
    assert "state" not in browser.authorize(app, state=None).query


def test_a_code_has_more_than_128_bits_and_its_answer_is_not_stored(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    browser = site.browser()
    browser.authorize(app)
    answer = browser.sign_in("tane")
    assert answer.status == 303
    assert len(answer.query["code"]) == 43
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_registered_query_is_kept_in_the_answer(ready: tuple[Site, Application]) -> None:
    site, app = ready
    browser = site.browser()
    browser.authorize(app, redirect_uri=QUERY)
    assert browser.sign_in("tane").location.startswith(QUERY + "&code=")
    refused = browser.authorize(app, redirect_uri=QUERY, scope="x")
    assert refused.location.startswith(QUERY + "&error=invalid_scope&")


def test_a_native_application_chooses_its_loopback_port(ready: tuple[Site, Application]) -> None:
    site, _app = ready
    app = site.application("native", redirect_uris=[LOOPBACK], application_type="native")
    browser = site.browser()
    uri = "http://127.0.0.1:51234/callback"
    browser.authorize(app, redirect_uri=uri)
    browser.sign_in("tane")
    answer = browser.submit("/consent", decision="allow")
    assert answer.location.startswith(uri + "?code=")
    code = answer.query["code"]
    assert site.redeem(app, code, redirect_uri=LOOPBACK).status == 400
    assert site.redeem(app, code, redirect_uri=uri).status == 200


HARMLESS: dict[str, dict[str, str]] = {
    "an unknown parameter": {"extra": "foobar"},
    "an unknown parameter of quotes": {'a"b': "<script>"},
    "display=page": {"display": "page"},
    "display=popup": {"display": "popup"},
    "an unknown display": {"display": "hologram"},
    "unknown locales": {"ui_locales": "se", "claims_locales": "se xx-YY"},
    "a login_hint of nobody": {"login_hint": "buffy@example.org"},
    "a login_hint of markup": {"login_hint": '"><script>alert(1)</script>'},
    "unknown acr_values": {"acr_values": "urn:example:gold 7"},
    "unknown scopes": {"scope": "openid telepathy"},
    "scopes in another order": {"scope": "email profile openid"},
    "response_mode=query": {"response_mode": "query"},
    "no state and no nonce": {"state": "", "nonce": ""},
    "an empty request object": {"request": "", "registration": ""},
    "claims that nobody knows": {"claims": '{"userinfo": {"shoe_size": null}, "x": 1}'},
}


@pytest.mark.parametrize("extra", HARMLESS.values(), ids=HARMLESS)
def test_what_is_unknown_or_optional_does_not_get_in_the_way(
    ready: tuple[Site, Application], extra: dict[str, str]
) -> None:
    site, app = ready
    browser = site.browser()
    page = browser.authorize(app, **extra)
    assert page.heading == "Sign in"
    assert "<script>alert" not in page.text
    assert browser.sign_in("tane").query["code"]


def test_the_order_of_parameters_does_not_matter(ready: tuple[Site, Application]) -> None:
    site, app = ready
    pairs = reversed(app.request().items())
    browser = site.browser()
    assert browser.open(f"/authorize?{urlencode(list(pairs))}").heading == "Sign in"


def test_a_request_by_post_is_the_same_as_by_get(ready: tuple[Site, Application]) -> None:
    """Without our cookie, which a cross-site form leaves out, it is first turned into a GET."""
    site, app = ready
    browser = site.browser()
    first = browser.http.send("POST", "/authorize", app.request())
    assert first.status == 303
    assert first.location.startswith("/authorize?")
    assert browser.open(first.location).heading == "Sign in"
    assert browser.sign_in("tane").query["code"]
    again = browser.http.send("POST", "/authorize", app.request(state="two"))
    assert again.query["code"]
    assert again.query["state"] == "two"


def test_other_methods_are_refused(ready: tuple[Site, Application]) -> None:
    site, app = ready
    for method in ("PUT", "DELETE", "PATCH"):
        answer = site.client().send(method, "/authorize", app.request())
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]


def test_a_refused_request_is_in_the_audit_trail(small_site: Site) -> None:
    site, app = small_site, small_site.application()
    browser: Browser = site.browser()
    browser.authorize(app, client_id="stranger")
    browser.authorize(app, scope="profile")
    refused = {(e.client_id, e.reason) for e in site.events(kind="client:request:refused")}
    assert ("app", "invalid_scope: scope must contain openid") in refused
    assert (None, "The application that sent you here is not known.") in refused
