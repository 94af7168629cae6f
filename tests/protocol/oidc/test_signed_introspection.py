"""Introspection that is signed (RFC 9701): what an API may show to others."""

from typing import Any

import pytest
from joserfc import jwk, jwt

from idp import clock
from tests.support.site import Answer, Application, Site

KIND = "application/token-introspection+jwt"


def asked(site: Site, app: Application, token: str, accept: str = KIND) -> Answer:
    headers = {**app.authentication(), "Accept": accept}
    return site.client().send("POST", "/introspect", {"token": token}, headers)


def opened(site: Site, answer: Answer, alg: str = "RS256") -> dict[str, Any]:
    assert answer.status == 200
    assert answer.headers["Content-Type"] == KIND
    keys = jwk.KeySet.import_key_set(site.client().send("GET", "/jwks").json)
    token = jwt.decode(answer.text, keys, algorithms=[alg])
    assert token.header["typ"] == "token-introspection+jwt"
    return dict(token.claims)


def token_of(site: Site, app: Application) -> str:
    browser = site.browser()
    browser.authorize(app)
    found: str = site.redeem(app, browser.sign_in("aroha").query["code"]).json["access_token"]
    return found


def test_it_says_the_same_as_without_a_signature_for_whoever_asked(small_site: Site) -> None:
    site, app = small_site, small_site.application()
    site.person("aroha")
    token = token_of(site, app)
    api = site.application("api", resource_server=True)
    said = opened(site, asked(site, api, token))
    assert (said["iss"], said["aud"]) == (site.issuer, "api")
    assert abs(said["iat"] - clock.now()) <= 1
    assert said["token_introspection"] == asked(site, api, token, "application/json").json
    assert said["token_introspection"]["active"] is True
    assert "sub" not in said
    assert "exp" not in said


def test_of_a_token_that_is_none_of_its_business_it_says_no_more(small_site: Site) -> None:
    site, app = small_site, small_site.application()
    site.person("aroha")
    other = site.application("other")
    for token in (token_of(site, app), "unknown"):
        said = opened(site, asked(site, other, token))
        assert said["token_introspection"] == {"active": False}


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_who_does_not_ask_for_it_gets_json(small_site: Site, accept: str) -> None:
    app = small_site.application()
    assert asked(small_site, app, "x", accept).json == {"active": False}


def test_it_is_signed_as_the_api_is_registered_or_refused_where_no_key_is(small_site: Site) -> None:
    site = small_site
    es = site.application("es", introspection_signed_response_alg="ES256")
    assert opened(site, asked(site, es, "x"), "ES256")
    none = site.application("none", introspection_signed_response_alg="PS256")
    told = asked(site, none, "x")
    assert (told.status, told.json["error"]) == (503, "temporarily_unavailable")


def test_who_does_not_prove_who_asks_is_told_nothing(small_site: Site) -> None:
    app = small_site.application()
    told = asked(small_site, Application(app.client_id, "wrong"), "x")
    assert told.status == 401
    assert told.headers["Content-Type"] == "application/json"
