"""Implicit and hybrid: off unless the operator and the client's registration both say so."""

import base64
import hashlib
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from tests.protocol.sign_ins import assert_redirect_error, assert_token_error, userinfo
from tests.support.site import ONE, Answer, Application, Site

HYBRID = ("code id_token", "code token", "code id_token token")
IMPLICIT = ("id_token", "id_token token")
LEGACY = (*IMPLICIT, *HYBRID)
each_type = pytest.mark.parametrize("response_type", LEGACY)
SERVER = "https://old.example/callback"
WITHOUT_PKCE = {"code_challenge": None, "code_challenge_method": None}


def legacy_application(site: Site, client_id: str = "old", **data: Any) -> Application:
    # Tokens at a loopback address would be anyone's on that device: see test_native_clients.
    data.setdefault("redirect_uris", [SERVER])
    data.setdefault("response_types", ["code", *LEGACY])
    data.setdefault("grant_types", ["authorization_code", "implicit", "refresh_token"])
    return site.application(client_id, **data)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Application]]:
    """One installation for all tests here that leave nothing behind but closed browsers."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", oidc__legacy_response_types="true")
    site.person("tane")
    yield site, legacy_application(site)
    site.close()


@pytest.fixture
def old_site(tmp_path: Any, database_url: str) -> Iterator[Site]:
    """The same on both databases."""
    site = Site(tmp_path, database_url, oidc__legacy_response_types="true")
    site.person("tane")
    yield site
    site.close()


def sign_in(site: Site, app: Application, **changes: Any) -> Answer:
    browser = site.browser()
    browser.authorize(app, **changes)
    return browser.sign_in("tane")


def half(value: str) -> str:
    """Return at_hash, c_hash or s_hash of a token signed by RS256 (OIDC Core 3.3.2.11)."""
    digest = hashlib.sha256(value.encode()).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


# -- who may


@each_type
def test_off_they_are_unknown_and_the_answer_comes_where_it_is_looked_for(
    small_site: Site, response_type: str
) -> None:
    app = legacy_application(small_site)
    answer = small_site.browser().authorize(app, response_type=response_type)
    assert_redirect_error(small_site, answer, "unsupported_response_type")
    assert answer.fragment
    assert not answer.query


@each_type
def test_a_client_that_is_not_registered_for_them_is_refused(
    ready: tuple[Site, Application], response_type: str
) -> None:
    site, _ = ready
    plain = site.application(f"plain-{response_type.replace(' ', '-')}")
    answer = site.browser().authorize(plain, response_type=response_type)
    assert_redirect_error(site, answer, "unauthorized_client")
    others = [one for one in LEGACY if one != response_type]
    other = legacy_application(
        site, f"other-{response_type.replace(' ', '-')}", response_types=others
    )
    answer = site.browser().authorize(other, response_type=response_type)
    assert_redirect_error(site, answer, "unauthorized_client")
    assert answer.fragment


def test_a_response_type_needs_its_grant_types(ready: tuple[Site, Application]) -> None:
    site, _ = ready
    app = legacy_application(site, "half", grant_types=["authorization_code"])
    answer = site.browser().authorize(app, response_type="code id_token")
    assert_redirect_error(site, answer, "unauthorized_client")
    assert site.browser().authorize(app).heading == "Sign in"
    only = legacy_application(site, "only", grant_types=["implicit"])
    assert_redirect_error(site, site.browser().authorize(only), "unauthorized_client")
    assert site.browser().authorize(only, response_type="id_token").heading == "Sign in"


@pytest.mark.parametrize(
    "response_type", ["token", "none", "id_token id_token", "code token x", "token code code"]
)
def test_no_other_response_type_exists(ready: tuple[Site, Application], response_type: str) -> None:
    site, app = ready
    answer = site.browser().authorize(app, response_type=response_type)
    assert_redirect_error(site, answer, "unsupported_response_type")


# -- what they bring


@each_type
def test_each_brings_what_it_names_in_the_fragment(
    ready: tuple[Site, Application], response_type: str
) -> None:
    site, app = ready
    answer = sign_in(site, app, response_type=response_type)
    words = response_type.split()
    expected = {"state", "iss"} | {word for word in words if word != "token"}
    if "token" in words:
        expected |= {"access_token", "token_type", "expires_in"}
    fields = answer.fragment
    assert fields.keys() - {"scope", "session_state"} == expected
    assert not answer.query
    assert answer.location.startswith(SERVER + "#")
    assert (fields["state"], fields["iss"]) == ("the-state", site.issuer)
    assert answer.headers["Cache-Control"] == "no-store"


@each_type
def test_form_post_carries_them_too(ready: tuple[Site, Application], response_type: str) -> None:
    site, app = ready
    answer = sign_in(site, app, response_type=response_type, response_mode="form_post")
    word = response_type.split()[0]
    assert answer.posted[word]
    assert not answer.location


@pytest.mark.parametrize("response_type", ["id_token", "code id_token", "code id_token token"])
def test_the_id_token_of_the_front_channel_is_bound_to_all_that_comes_with_it(
    ready: tuple[Site, Application], response_type: str
) -> None:
    site, app = ready
    fields = sign_in(site, app, response_type=response_type, max_age="600").fragment
    claims = site.id_token(fields["id_token"])
    assert (claims["nonce"], claims["aud"], claims["acr"]) == ("the-nonce", "old", ONE)
    assert claims["amr"] == ["pwd"]
    assert "auth_time" in claims
    assert claims.get("c_hash") == (half(fields["code"]) if "code" in fields else None)
    token = fields.get("access_token")
    assert claims.get("at_hash") == (half(token) if token else None)
    if "code" in fields:
        back = site.redeem(app, fields["code"]).json
        again = site.id_token(back["id_token"])
        for name in ("iss", "sub", "auth_time", "acr", "sid", "nonce"):
            assert again[name] == claims[name]


def test_without_an_access_token_the_claims_of_scopes_are_in_the_id_token(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    alone = sign_in(site, app, response_type="id_token").fragment
    assert site.id_token(alone["id_token"])["email"] == "tane@example.org"
    both = sign_in(site, app, response_type="id_token token").fragment
    assert "email" not in site.id_token(both["id_token"])
    assert userinfo(site, both["access_token"]).json["email"] == "tane@example.org"


@pytest.mark.parametrize("response_type", HYBRID)
def test_a_code_used_twice_ends_the_token_of_the_front_channel_too(
    old_site: Site, response_type: str
) -> None:
    app = legacy_application(old_site)
    fields = sign_in(old_site, app, response_type=response_type).fragment
    assert old_site.redeem(app, fields["code"]).status == 200
    assert_token_error(old_site.redeem(app, fields["code"]), "invalid_grant")
    if "access_token" in fields:
        assert userinfo(old_site, fields["access_token"]).status == 401


@pytest.mark.parametrize("response_type", ["id_token token", "code token"])
def test_an_access_token_of_the_front_channel_works(old_site: Site, response_type: str) -> None:
    app = legacy_application(old_site)
    fields = sign_in(old_site, app, response_type=response_type).fragment
    assert fields["token_type"].lower() == "bearer"
    assert int(fields["expires_in"]) > 0
    assert userinfo(old_site, fields["access_token"]).json["name"] == "Tane"


# -- what they demand


@each_type
def test_words_may_come_in_any_order(ready: tuple[Site, Application], response_type: str) -> None:
    site, app = ready
    for words in permutations(response_type.split()):
        page = site.browser().authorize(app, response_type=" ".join(words))
        assert page.heading == "Sign in"


@each_type
def test_tokens_never_travel_in_a_query(
    ready: tuple[Site, Application], response_type: str
) -> None:
    site, app = ready
    answer = site.browser().authorize(app, response_type=response_type, response_mode="query")
    assert_redirect_error(site, answer, "invalid_request")
    assert answer.fragment
    assert not answer.query


@each_type
def test_an_id_token_of_the_front_channel_needs_a_nonce(
    ready: tuple[Site, Application], response_type: str
) -> None:
    site, app = ready
    answer = site.browser().authorize(app, response_type=response_type, nonce=None)
    if "id_token" in response_type.split():
        assert_redirect_error(site, answer, "invalid_request")
        assert answer.fragment
    else:
        assert answer.heading == "Sign in"


def test_pkce_is_demanded_where_a_code_is_and_nowhere_else(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    for response_type in LEGACY:
        answer = site.browser().authorize(app, response_type=response_type, **WITHOUT_PKCE)
        if "code" in response_type.split():
            assert_redirect_error(site, answer, "invalid_request")
        else:
            assert answer.heading == "Sign in"
    fields = sign_in(site, app, response_type="code id_token").fragment
    refused = site.redeem(app, fields["code"], code_verifier="x" * 43)
    assert_token_error(refused, "invalid_grant")


def test_there_is_no_offline_access_without_a_code(ready: tuple[Site, Application]) -> None:
    site, app = ready
    scope = "openid offline_access"
    fields = sign_in(site, app, response_type="id_token token", scope=scope).fragment
    assert "refresh_token" not in fields
    assert fields.get("scope", "openid") == "openid"
    fields = sign_in(site, app, response_type="code id_token", scope=scope).fragment
    assert site.redeem(app, fields["code"]).json["refresh_token"]


@each_type
def test_errors_come_in_the_fragment(ready: tuple[Site, Application], response_type: str) -> None:
    site, app = ready
    for changes, error in (
        ({"prompt": "none"}, "login_required"),
        ({"scope": "x"}, "invalid_scope"),
        ({"prompt": "sing"}, "invalid_request"),
    ):
        answer = site.browser().authorize(app, response_type=response_type, **changes)
        assert_redirect_error(site, answer, error)
        assert answer.fragment
    browser = site.browser()
    browser.authorize(app, response_type=response_type)
    answer = browser.submit("/cancel")
    assert_redirect_error(site, answer, "access_denied")
    assert answer.fragment


@each_type
def test_silence_works_for_who_is_there(
    ready: tuple[Site, Application], response_type: str
) -> None:
    site, app = ready
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    answer = browser.authorize(app, response_type=response_type, prompt="none")
    assert answer.fragment[response_type.split()[0]]
