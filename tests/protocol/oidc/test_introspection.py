"""Introspection (RFC 7662): what a token is worth now, told to whom it is any business of."""

import pytest

from idp.signin import sessions
from idp.store import people
from tests.protocol.endpoints import active, ask, introspect, own_token, robot
from tests.protocol.sign_ins import assert_token_error, code, signed_in, tokens
from tests.support.site import MFA_APP, ONE, Application, Site

OFFLINE = {"scope": "openid profile offline_access"}


@pytest.fixture
def app(site: Site) -> Application:
    site.person("tane")
    return site.application()


@pytest.fixture
def api(site: Site) -> Application:
    """A resource server: it may ask about the access tokens of all."""
    return site.application("api", resource_server=True)


def test_an_access_token_is_told_of_with_the_sign_in_it_came_from(
    site: Site, app: Application, api: Application
) -> None:
    answer = tokens(site, app, **OFFLINE)
    claims = site.id_token(answer["id_token"])
    for asker in (app, api):
        found = introspect(site, asker, answer["access_token"]).json
        assert found == {
            "active": True,
            "client_id": "app",
            "sub": claims["sub"],
            "scope": "openid profile offline_access",
            "token_type": "Bearer",
            "iss": site.issuer,
            "aud": "app",
            "iat": claims["iat"],
            "exp": claims["iat"] + 600,
            "auth_time": found["auth_time"],
            "acr": ONE,
            "amr": ["pwd"],
            "sid": claims["sid"],
            "username": "tane",
        }
        assert 0 <= claims["iat"] - found["auth_time"] < 60


def test_acr_amr_and_auth_time_are_those_of_the_sign_in_after_a_refresh_too(
    site: Site, api: Application
) -> None:
    """RFC 9470: a resource server decides by them, so a refresh may not renew them."""
    secret = site.secret()
    site.person("mere", totp=secret)
    app = site.application("app")
    browser = site.browser()
    browser.authorize(app, **OFFLINE)
    browser.sign_in("mere")
    answer = site.redeem(app, browser.totp(secret).query["code"]).json
    first = introspect(site, api, answer["access_token"]).json
    assert (first["acr"], first["amr"]) == (MFA_APP, ["pwd", "otp", "mfa"])
    site.advance(500)
    second = site.refresh(app, answer["refresh_token"]).json["access_token"]
    found = introspect(site, api, second).json
    assert found["iat"] - first["iat"] >= 500
    for name in ("acr", "amr", "auth_time", "sub", "sid"):
        assert found[name] == first[name]


def test_a_user_name_is_told_with_the_scope_that_covers_it(site: Site, app: Application) -> None:
    found = introspect(site, app, tokens(site, app, scope="openid")["access_token"]).json
    assert found["active"]
    assert "username" not in found


def test_a_refresh_token_is_its_clients_alone_and_no_bearer_token(
    site: Site, app: Application, api: Application
) -> None:
    """An API that asks must not take it for an access token."""
    token = tokens(site, app, **OFFLINE)["refresh_token"]
    assert not active(site, api, token)
    found = introspect(site, app, token).json
    assert found["active"]
    assert "token_type" not in found
    assert "aud" not in found
    assert site.refresh(app, token).status == 200
    assert not active(site, app, token)


def test_a_stranger_is_told_nothing(site: Site, app: Application) -> None:
    other = site.application("other")
    answer = tokens(site, app, **OFFLINE)
    own = own_token(site, robot(site)).json["access_token"]
    for token in (answer["access_token"], answer["refresh_token"], own):
        assert not active(site, other, token)


def test_an_api_named_as_audience_may_ask(site: Site) -> None:
    site.person("tane")
    api, other = site.application("api"), site.application("other")
    app = site.application(audience=["api", "https://api.example.org"])
    token = tokens(site, app)["access_token"]
    assert introspect(site, api, token).json["aud"] == ["api", "https://api.example.org"]
    assert not active(site, other, token)


def test_a_token_of_an_application_itself_names_no_person(site: Site, api: Application) -> None:
    token = own_token(site, robot(site), "read").json["access_token"]
    found = introspect(site, api, token).json
    issued = found.pop("iat")
    assert found == {
        "active": True,
        "client_id": "robot",
        "sub": "robot",
        "scope": "read",
        "token_type": "Bearer",
        "iss": site.issuer,
        "aud": "robot",
        "exp": issued + 600,
    }
    site.advance(605)
    assert not active(site, api, token)


def test_a_token_that_has_expired_is_inactive(site: Site, app: Application) -> None:
    answer = tokens(site, app, **OFFLINE)
    site.advance(605)
    assert not active(site, app, answer["access_token"])
    assert active(site, app, answer["refresh_token"])
    site.advance(15 * 86400)
    assert not active(site, app, answer["refresh_token"])


def test_whoever_is_switched_off_takes_all_tokens_along(site: Site, app: Application) -> None:
    answer = tokens(site, app, **OFFLINE)
    person = site.id_token(answer["id_token"])["sub"]
    with site.work() as work:
        people.set_disabled(work, person, True)
    for kind in ("access_token", "refresh_token"):
        assert not active(site, app, answer[kind])
    assert_token_error(site.refresh(app, answer["refresh_token"]), "invalid_grant")
    with site.work() as work:
        sessions.end_person(work, person, "switched off")
        people.set_disabled(work, person, False)
    for kind in ("access_token", "refresh_token"):
        assert not active(site, app, answer[kind])


def test_the_end_of_the_session_ends_all_but_offline_access(site: Site, app: Application) -> None:
    browser = signed_in(site, app, scope="openid")
    plain = site.redeem(app, browser.at.query["code"]).json
    offline = site.redeem(app, browser.authorize(app, **OFFLINE).query["code"]).json
    browser.open("/end_session", id_token_hint=plain["id_token"])
    assert not active(site, app, plain["access_token"])
    assert active(site, app, offline["access_token"])


def test_a_code_used_twice_makes_its_tokens_inactive(site: Site, app: Application) -> None:
    value = code(site, app, **OFFLINE)
    answer = site.redeem(app, value).json
    site.redeem(app, value)
    for kind in ("access_token", "refresh_token"):
        assert not active(site, app, answer[kind])


def test_what_is_no_token_is_inactive_whatever_the_hint(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    value = code(small_site, app)
    id_token = tokens(small_site, app)["id_token"]
    for token in ("x", "é", "a.b.c", "..", "x" * 8192, "' OR 1=1 --", value, id_token):
        assert not active(small_site, app, token)
    token = tokens(small_site, app)["access_token"]
    for hint in ("refresh_token", "access_token", "unknown"):
        assert introspect(small_site, app, token, token_type_hint=hint).json["active"]


def test_who_asks_must_prove_who_it_is(small_site: Site) -> None:
    small_site.person("tane")
    public = small_site.application("public", public=True)
    app, thief = small_site.application(), Application("app", "guessed")
    token = tokens(small_site, public)["access_token"]
    for asker in (public, thief):
        assert_token_error(introspect(small_site, asker, token), "invalid_client", 401)
    nobody = small_site.client().send("POST", "/introspect", {"token": token})
    assert_token_error(nobody, "invalid_client", 401)
    bearer = {"Authorization": f"Bearer {token}"}
    by_token = small_site.client().send("POST", "/introspect", {"token": token}, bearer)
    assert_token_error(by_token, "invalid_client", 401)
    assert_token_error(ask(small_site, "/introspect", app, {}), "invalid_request")
    assert small_site.client().send("GET", f"/introspect?token={token}").status == 405
