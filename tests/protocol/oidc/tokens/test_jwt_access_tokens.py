"""Signed access tokens (RFC 9068), for clients that are registered for them."""

from typing import Any

import pytest
from joserfc import jwk, jwt

from tests.protocol.endpoints import active, introspect, own_token, robot
from tests.protocol.sign_ins import (
    assert_token_error,
    jose_header,
    signed_in,
    tokens,
    userinfo,
)
from tests.support.site import MFA_APP, ONE, Application, Site

JWT: dict[str, Any] = {"access_token_format": "jwt"}
ALWAYS = {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "acr", "amr", "auth_time"}
OFFLINE = {"scope": "openid email offline_access"}


@pytest.fixture
def app(site: Site) -> Application:
    site.person("tane")
    return site.application(**JWT)


def read(site: Site, token: str, alg: str = "RS256") -> dict[str, Any]:
    """Return what a token says, as a resource server reads it (RFC 9068 section 4)."""
    published = jwk.KeySet.import_key_set(site.client().send("GET", "/jwks").json)
    header = jose_header(token)
    assert header == {"alg": alg, "typ": "at+jwt", "kid": header["kid"]}
    found: dict[str, Any] = jwt.decode(token, published, algorithms=[alg]).claims
    return found


def test_it_says_what_the_standard_asks_for(site: Site, app: Application) -> None:
    answer = tokens(site, app)
    claims, about = read(site, answer["access_token"]), site.id_token(answer["id_token"])
    assert claims.keys() == ALWAYS
    assert len(claims.pop("jti")) >= 16
    assert 0 <= claims["iat"] - claims.pop("auth_time") < 60
    assert claims == {
        "iss": site.issuer,
        "sub": about["sub"],
        "aud": "app",
        "client_id": "app",
        "iat": about["iat"],
        "exp": about["iat"] + answer["expires_in"],
        "scope": "openid profile email",
        "acr": ONE,
        "amr": ["pwd"],
    }


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_it_is_signed_by_what_every_resource_server_verifies(small_site: Site, alg: str) -> None:
    """Whatever its client chose for its ID tokens: others read this one."""
    small_site.person("tane")
    app = small_site.application(id_token_signed_response_alg=alg, **JWT)
    answer = tokens(small_site, app)
    assert jose_header(answer["id_token"])["alg"] == alg
    assert read(small_site, answer["access_token"])["client_id"] == "app"


def test_an_operator_may_choose_another_for_an_api_that_reads_it(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application(access_token_signing_alg="ES256", **JWT)
    answer = tokens(small_site, app)
    assert jose_header(answer["id_token"])["alg"] == "RS256"
    assert read(small_site, answer["access_token"], "ES256")["client_id"] == "app"


def test_its_audience_is_registered(small_site: Site) -> None:
    small_site.person("tane")
    apis = ["https://one.example.org", "https://two.example.org"]
    for name, audience, said in (("one", apis[:1], apis[0]), ("two", apis, apis)):
        app = small_site.application(name, audience=audience, **JWT)
        assert read(small_site, tokens(small_site, app)["access_token"])["aud"] == said


def test_a_refresh_says_the_same_of_the_sign_in_and_narrows_the_scope(site: Site) -> None:
    """RFC 9068 section 2.2.1: acr, amr and auth_time are fixed at the sign-in."""
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application(**JWT)
    browser = site.browser()
    browser.authorize(app, **OFFLINE)
    browser.sign_in("tane")
    answer = site.redeem(app, browser.totp(secret).query["code"]).json
    first = read(site, answer["access_token"])
    assert (first["acr"], first["amr"]) == (MFA_APP, ["pwd", "otp", "mfa"])
    site.advance(300)
    again = site.refresh(app, answer["refresh_token"], scope="email").json
    second = read(site, again["access_token"])
    assert {n: second[n] for n in ("sub", "acr", "amr", "auth_time", "aud")} == {
        n: first[n] for n in ("sub", "acr", "amr", "auth_time", "aud")
    }
    assert (first["scope"], second["scope"]) == ("openid email offline_access", "email")
    assert second["jti"] != first["jti"]
    assert second["iat"] - first["iat"] >= 300


def test_it_works_at_our_endpoints_while_its_row_does(site: Site, app: Application) -> None:
    token = tokens(site, app)["access_token"]
    assert userinfo(site, token).json["email"] == "tane@example.org"
    in_body = site.client().send("POST", "/userinfo", {"access_token": token})
    assert in_body.status == 200
    assert introspect(site, app, token).json["jti"] == read(site, token)["jti"]
    site.advance(605)
    assert userinfo(site, token).status == 401
    assert not active(site, app, token)


def test_the_end_of_the_session_ends_it_here(site: Site, app: Application) -> None:
    browser = signed_in(site, app)
    answer = site.redeem(app, browser.at.query["code"]).json
    browser.open("/end_session", id_token_hint=answer["id_token"])
    assert userinfo(site, answer["access_token"]).status == 401
    assert not active(site, app, answer["access_token"])


def test_for_an_application_itself_it_names_no_sign_in(site: Site) -> None:
    app = robot(site, audience=["https://api.example.org"], **JWT)
    answer = own_token(site, app, "read").json
    claims = read(site, answer["access_token"])
    assert claims.keys() == ALWAYS - {"acr", "amr", "auth_time"}
    assert (claims["sub"], claims["client_id"], claims["scope"]) == ("robot", "robot", "read")
    assert claims["aud"] == "https://api.example.org"
    assert introspect(site, app, answer["access_token"]).json["jti"] == claims["jti"]


def test_it_is_no_hint_and_no_other_token(small_site: Site) -> None:
    """Signed by our key like an ID token, and still none (RFC 9068 section 5)."""
    small_site.person("tane")
    app = small_site.application(**JWT)
    browser = signed_in(small_site, app)
    answer = small_site.redeem(app, browser.at.query["code"]).json
    token = answer["access_token"]
    refused = browser.authorize(app, prompt="none", id_token_hint=token)
    assert refused.query["error"] == "invalid_request"
    assert "logout-page" in browser.get("/end_session", id_token_hint=token).text
    assert "code" in browser.authorize(app, prompt="none").query
    assert_token_error(small_site.refresh(app, token), "invalid_grant")
    assert_token_error(small_site.redeem(app, token), "invalid_grant")
    assert userinfo(small_site, answer["id_token"]).status == 401


def test_a_signature_of_ours_is_not_enough_the_whole_token_is_known(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application(**JWT)
    token = tokens(small_site, app)["access_token"]
    head, body, signature = token.split(".")
    other = tokens(small_site, app)["access_token"].split(".")
    for forged in (
        f"{head}.{body}.",
        f"{head}.{other[1]}.{signature}",
        f"{head}.{body}.{other[2]}",
        f"{head}.{body}",
        token + "=",
    ):
        assert userinfo(small_site, forged).status == 401
        assert not active(small_site, app, forged)
