"""The ID token: what it claims, what it leaves out, and who signed it."""

import base64
import hashlib
import json
from typing import Any

import pytest

from idp.store.db.statements import Statement
from idp.store.oidc import signing_keys
from tests.protocol.endpoints import add_key
from tests.protocol.sign_ins import (
    assert_token_error,
    code,
    jose_header,
    signed_in,
    tokens,
    userinfo,
)
from tests.support.site import MFA_APP, ONE, Site

ALWAYS = {"iss", "sub", "aud", "iat", "exp", "jti", "acr", "amr", "sid", "at_hash"}
ASKED_AUTH_TIME = '{"id_token": {"auth_time": {"essential": true}}}'


def test_an_id_token_claims_just_this(site: Site) -> None:
    person = site.person("tane")
    app = site.application()
    answer = tokens(site, app, max_age="1000", nonce="n-0S6_WzA2Mj")
    claims = site.id_token(answer["id_token"])
    assert claims.keys() == ALWAYS | {"nonce", "auth_time"}
    now = claims["iat"]
    digest = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert len(claims.pop("jti")) >= 16
    assert len(claims.pop("sid")) >= 16
    assert 0 <= now - claims.pop("auth_time") < 60
    assert claims == {
        "iss": site.issuer,
        "sub": person,
        "aud": "app",
        "iat": now,
        "exp": now + 600,
        "acr": ONE,
        "amr": ["pwd"],
        "nonce": "n-0S6_WzA2Mj",
        "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
    }


@pytest.mark.slow
def test_it_is_signed_by_the_algorithm_of_the_client_with_a_published_key(site: Site) -> None:
    site.person("tane")
    published = {key["kid"]: key for key in site.client().send("GET", "/jwks").json["keys"]}
    for alg in ("RS256", "ES256"):
        app = site.application(alg, id_token_signed_response_alg=alg)
        token = tokens(site, app)["id_token"]
        header = jose_header(token)
        assert header == {"alg": alg, "typ": "JWT", "kid": header["kid"]}
        assert published[header["kid"]]["alg"] == alg
        assert site.id_token(token)["aud"] == alg


HASHES = {"RS256": "sha256", "PS256": "sha256", "ES256": "sha256", "EdDSA": "sha512"}


@pytest.mark.parametrize("alg", HASHES)
def test_at_hash_is_made_by_the_hash_of_the_algorithm(small_site: Site, alg: str) -> None:
    """For Ed25519 that is SHA-512, which it uses itself."""
    small_site.person("tane")
    if alg in ("PS256", "EdDSA"):
        add_key(small_site, alg)
    app = small_site.application(id_token_signed_response_alg=alg)
    answer = tokens(small_site, app)
    claims = small_site.id_token(answer["id_token"], [alg])
    digest = hashlib.new(HASHES[alg], answer["access_token"].encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    assert claims["at_hash"] == half
    assert jose_header(answer["id_token"])["alg"] == alg


def test_without_a_key_for_the_client_nothing_is_used_up(site: Site) -> None:
    """The operator withdrew it, or it does not sign yet: the code works once it does."""
    site.person("tane")
    app = site.application(id_token_signed_response_alg="EdDSA")
    value = code(site, app, scope="openid offline_access")
    for _ in range(2):
        assert_token_error(site.redeem(app, value), "temporarily_unavailable", 503)
    kid = add_key(site, "EdDSA")
    found = site.redeem(app, value)
    assert found.status == 200
    with site.work() as work:
        assert signing_keys.retire(work, "EdDSA", "none of them")
    refresh = found.json["refresh_token"]
    assert_token_error(site.refresh(app, refresh), "temporarily_unavailable", 503)
    assert add_key(site, "EdDSA") != kid
    assert site.refresh(app, refresh).status == 200
    assert not site.events(kind="client:token:reused")


@pytest.mark.slow
def test_a_claim_of_the_person_never_takes_the_place_of_one_of_the_protocol(
    small_site: Site,
) -> None:
    evil = {"sub": "x", "iss": "x", "aud": "x", "acr": "x", "amr": ["x"], "nonce": "x", "sid": "x"}
    person = small_site.person("tane")
    with small_site.work() as work:
        work.run(Statement("UPDATE person SET claims = :claims"), claims=json.dumps(evil))
    app = small_site.application()
    wanted = json.dumps({"id_token": dict.fromkeys([*evil, "name"]) | {"acr": None, "sub": None}})
    claims = small_site.id_token(tokens(small_site, app, claims=wanted)["id_token"])
    assert claims.keys() == ALWAYS | {"nonce", "name"}
    assert (claims["sub"], claims["iss"], claims["aud"]) == (person, small_site.issuer, "app")
    assert (claims["acr"], claims["amr"], claims["nonce"]) == (ONE, ["pwd"], "the-nonce")


@pytest.mark.slow
def test_nonce_is_there_exactly_when_it_was_sent(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    for nonce in ("n", "-._~" * 32, 'a"b\\c é', " "):
        claims = small_site.id_token(tokens(small_site, app, nonce=nonce)["id_token"])
        assert claims["nonce"] == nonce
    for absent in (None, ""):
        claims = small_site.id_token(tokens(small_site, app, nonce=absent)["id_token"])
        assert "nonce" not in claims


@pytest.mark.slow
def test_auth_time_is_there_when_somebody_asked_for_it(small_site: Site) -> None:
    site = small_site
    site.person("tane")
    asked: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
        "by max_age": ({}, {"max_age": "10000"}),
        "as a claim": ({}, {"claims": ASKED_AUTH_TIME}),
        "as a voluntary claim": ({}, {"claims": '{"id_token": {"auth_time": null}}'}),
        "at registration": ({"require_auth_time": True}, {}),
        "by a default max_age": ({"default_max_age": 10000}, {}),
        "by a floor": ({"min_acr": ONE}, {}),
    }
    for name, (data, request) in asked.items():
        app = site.application(name.replace(" ", "-"), **data)
        claims = site.id_token(tokens(site, app, **request)["id_token"])
        assert claims.keys() == ALWAYS | {"nonce", "auth_time"}, name
    plain = site.application("plain")
    assert "auth_time" not in site.id_token(tokens(site, plain)["id_token"])
    answer = tokens(site, plain, claims='{"userinfo": {"auth_time": null}}')
    assert site.id_token(answer["id_token"]).keys() == ALWAYS | {"nonce"}


def test_auth_time_is_that_of_the_oldest_proof_counted(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application(require_auth_time=True)
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    site.advance(100)
    first = site.claims(app, browser.totp(secret))
    assert first["acr"] == MFA_APP
    assert 100 <= first["iat"] - first["auth_time"] < 200
    site.advance(200)
    again = site.claims(app, browser.authorize(app, prompt="none"))
    assert again["auth_time"] == first["auth_time"]
    assert again["iat"] - first["iat"] >= 200


def test_the_profile_stays_out_of_the_token_whatever_the_scope(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    answer = tokens(small_site, app, scope="openid profile email phone offline_access")
    claims = small_site.id_token(answer["id_token"])
    assert claims.keys() == ALWAYS | {"nonce"}
    assert userinfo(small_site, answer["access_token"]).json["sub"] == claims["sub"]


@pytest.mark.slow
def test_sid_is_one_for_a_session_and_sub_one_for_a_person(site: Site) -> None:
    site.person("tane")
    app, other = site.application(), site.application("other")
    browser = signed_in(site, app)
    first = site.claims(app, browser.at)
    second = site.claims(other, browser.authorize(other))
    third = site.claims(app, signed_in(site, app).at)
    assert first["sid"] == second["sid"] != third["sid"]
    assert first["sub"] == second["sub"] == third["sub"]
    assert len({claims["jti"] for claims in (first, second, third)}) == 3
