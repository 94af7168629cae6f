"""Tokens and codes that are bound to a key (RFC 9449): who shows it, uses them."""

from pathlib import Path

import pytest

from tests.protocol.endpoints import ask, introspect, own_token, robot
from tests.protocol.sign_ins import (
    assert_redirect_error,
    assert_token_error,
    bearer,
    code,
    jose_payload,
    signed_in,
    userinfo,
)
from tests.support.applications.prover import Prover
from tests.support.site import Application, Site

OFFLINE = "openid profile offline_access"


@pytest.mark.slow
@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA", "Ed25519"])
def test_a_token_is_bound_to_the_key_that_was_shown(site: Site, alg: str) -> None:
    site.person("tane")
    app, prover = site.application(access_token_format="jwt"), Prover(site, alg)
    answer = prover.redeem(app, code(site, app))
    assert answer.status == 200, answer.text
    assert answer.json["token_type"] == "DPoP"
    token = answer.json["access_token"]
    assert jose_payload(token)["cnf"] == {"jkt": prover.jkt}
    found = introspect(site, app, token).json
    assert (found["token_type"], found["cnf"]) == ("DPoP", {"jkt": prover.jkt})
    told = prover.open(token)
    assert told.status == 200, told.text
    assert told.json["name"] == "Tane"
    (event,) = site.events(kind="client:token:issued")
    assert '"bound": "dpop"' in (event.data or "")


def test_a_token_without_a_proof_stays_a_bearers(site: Site) -> None:
    site.person("tane")
    app = site.application()
    token = site.redeem(app, code(site, app)).json
    assert token["token_type"] == "Bearer"
    found = introspect(site, app, token["access_token"]).json
    assert found["token_type"] == "Bearer"
    assert "cnf" not in found
    shown = Prover(site).open(token["access_token"])
    assert (shown.status, shown.json["error"]) == (401, "invalid_token")
    assert userinfo(site, token["access_token"]).status == 200


def test_a_bound_token_is_worth_nothing_to_who_has_the_token_alone(site: Site) -> None:
    site.person("tane")
    app, prover, thief = site.application(), Prover(site), Prover(site)
    token = prover.redeem(app, code(site, app)).json["access_token"]
    for answer in (
        userinfo(site, token),
        site.client().send("POST", "/userinfo", {"access_token": token}),
        thief.open(token),
        site.client().send("GET", "/userinfo", None, {"Authorization": f"DPoP {token}"}),
    ):
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith('DPoP realm="userinfo", error=')
        assert 'algs="ES256 PS256' in answer.headers["WWW-Authenticate"]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
def test_the_name_of_the_scheme_is_the_same_in_capitals(small_site: Site, scheme: str) -> None:
    small_site.person("tane")
    app, prover = small_site.application(), Prover(small_site)
    token = prover.redeem(app, code(small_site, app)).json["access_token"]
    assert prover.open(token, scheme=scheme).status == 200


@pytest.mark.slow
def test_a_proof_needs_a_nonce_of_ours_and_gets_the_next_in_time(site: Site) -> None:
    site.person("tane")
    app, prover = site.application(), Prover(site)
    first = code(site, app)
    form, headers = app.redemption(first), app.authentication()

    def once(nonce: str | None) -> tuple[int, str | None]:
        prover.nonce = nonce
        proof = {"DPoP": prover.proof("POST", "/token")}
        answer = site.client().send("POST", "/token", form, {**headers, **proof})
        if answer.status == 400:
            assert answer.json["error"] == "use_dpop_nonce"
        return answer.status, answer.headers.get("DPoP-Nonce")

    status, nonce = once(None)
    assert (status, bool(nonce)) == (400, True)
    assert once("made up") == (400, nonce)
    site.advance(300)
    status, newer = once(nonce)
    assert (status, newer != nonce) == (400, True)
    form = app.redemption(code(site, app))
    assert once(newer) == (200, None)
    site.advance(120)
    form = app.redemption(code(site, app))
    status, newest = once(newer)
    assert status == 200, "the one before holds for a while"
    assert newest not in (None, newer)


def test_an_installation_may_do_without_nonces(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", oidc__dpop_nonces="false")
    site.person("tane")
    app, prover = site.application(), Prover(site)
    proof = {**app.authentication(), "DPoP": prover.proof("POST", "/token")}
    answer = site.client().send("POST", "/token", app.redemption(code(site, app)), proof)
    assert (answer.status, answer.headers.get("DPoP-Nonce")) == (200, None)
    site.close()


def test_the_refresh_token_of_a_public_client_is_bound(site: Site) -> None:
    site.person("tane")
    app, prover, thief = site.application("spa", public=True), Prover(site), Prover(site)
    token = prover.redeem(app, code(site, app, scope=OFFLINE)).json
    refresh = token["refresh_token"]
    assert_token_error(site.refresh(app, refresh), "invalid_grant")
    assert_token_error(thief.refresh(app, refresh), "invalid_grant")
    again = prover.refresh(app, refresh)
    assert (again.status, again.json["token_type"]) == (200, "DPoP")
    assert_token_error(thief.refresh(app, again.json["refresh_token"]), "invalid_grant")
    assert prover.open(again.json["access_token"]).status == 200
    assert prover.refresh(app, again.json["refresh_token"]).status == 200


def test_a_client_with_a_secret_may_take_another_key_when_it_refreshes(site: Site) -> None:
    site.person("tane")
    app, old, new = site.application(), Prover(site), Prover(site)
    token = old.redeem(app, code(site, app, scope=OFFLINE)).json
    assert "cnf" not in introspect(site, app, token["refresh_token"]).json
    answer = new.refresh(app, token["refresh_token"])
    assert introspect(site, app, answer.json["access_token"]).json["cnf"] == {"jkt": new.jkt}
    assert old.open(answer.json["access_token"]).status == 401


def test_a_client_asks_for_itself_and_is_bound(site: Site) -> None:
    app, prover = robot(site), Prover(site)
    answer = prover.ask("/token", app, {"grant_type": "client_credentials"})
    assert answer.json["token_type"] == "DPoP"
    found = introspect(site, app, answer.json["access_token"]).json
    assert found["cnf"] == {"jkt": prover.jkt}


def test_the_api_of_the_provider_demands_the_key(site: Site) -> None:
    app, prover, thief = robot(site, api_scopes=["acrux:people:read"]), Prover(site), Prover(site)
    token = prover.ask("/token", app, {"grant_type": "client_credentials"}).json["access_token"]
    path = "/api/v1/people"
    stolen = site.client().send("GET", path, None, bearer(token))
    assert (stolen.status, stolen.headers["WWW-Authenticate"][:4]) == (401, "DPoP")
    assert thief.open(token, path).status == 401
    assert prover.open(token, path).status == 200


def test_a_client_that_must_show_a_key_gets_nothing_without(site: Site) -> None:
    site.person("tane")
    app, prover = site.application(dpop_bound_access_tokens=True), Prover(site)
    one = code(site, app, scope=OFFLINE)
    assert_token_error(site.redeem(app, one), "invalid_dpop_proof")
    token = prover.redeem(app, one).json
    assert_token_error(site.refresh(app, token["refresh_token"]), "invalid_dpop_proof")
    assert prover.refresh(app, token["refresh_token"]).status == 200
    own = robot(site, dpop_bound_access_tokens=True)
    assert_token_error(own_token(site, own), "invalid_dpop_proof")


# -- codes


def test_a_code_is_bound_to_the_key_that_the_request_names(site: Site) -> None:
    site.person("tane")
    app, prover, thief = site.application(), Prover(site), Prover(site)
    one = code(site, app, dpop_jkt=prover.jkt)
    assert_token_error(site.redeem(app, one), "invalid_grant")
    assert_token_error(thief.redeem(app, one), "invalid_grant")
    assert prover.redeem(app, one).status == 200


def test_a_code_is_bound_to_the_key_that_was_shown_when_its_request_was_pushed(site: Site) -> None:
    site.person("tane")
    app, prover, thief = site.application(), Prover(site), Prover(site)
    answer = prover.ask("/par", app, app.request(client_id=None))
    assert answer.status == 201, answer.text
    browser = site.browser()
    uri = answer.json["request_uri"]
    browser.open("/authorize", client_id=app.client_id, request_uri=uri, dpop_jkt=thief.jkt)
    one = browser.sign_in("tane").query["code"]
    assert_token_error(thief.redeem(app, one), "invalid_grant")
    assert prover.redeem(app, one).status == 200


def test_a_pushed_request_names_the_key_that_it_shows(site: Site) -> None:
    app, prover, other = site.application(), Prover(site), Prover(site)
    form = app.request(client_id=None, dpop_jkt=other.jkt)
    assert_token_error(prover.ask("/par", app, form), "invalid_dpop_proof")
    form = app.request(client_id=None, dpop_jkt=prover.jkt)
    assert prover.ask("/par", app, form).status == 201


@pytest.mark.parametrize("jkt", ["x", "x" * 44, "ä" * 43, "a+b" + "x" * 40])
def test_a_key_that_is_named_wrongly_is_an_error(small_site: Site, jkt: str) -> None:
    app = small_site.application()
    answer = small_site.browser().authorize(app, dpop_jkt=jkt)
    assert_redirect_error(small_site, answer, "invalid_request")
    form = app.request(client_id=None, dpop_jkt=jkt)
    assert_token_error(ask(small_site, "/par", app, form), "invalid_request")


def test_an_error_of_the_code_uses_nothing_up(site: Site) -> None:
    site.person("tane")
    app, prover = site.application(), Prover(site)
    one = signed_in(site, app).at.query["code"]
    wrong = Application(app.client_id, app.secret, app.redirect_uri)
    assert_token_error(prover.redeem(wrong, one), "invalid_grant")
    assert prover.redeem(app, one).status == 200


def test_scripts_of_other_origins_may_show_a_key_and_read_the_nonce(small_site: Site) -> None:
    headers = {
        "Origin": "https://spa.example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "dpop",
    }
    for path in ("/token", "/par", "/userinfo"):
        answer = small_site.client().send("OPTIONS", path, None, headers)
        assert "DPoP" in answer.headers["Access-Control-Allow-Headers"]
    answer = small_site.client().send("GET", "/userinfo", None, headers)
    assert "DPoP-Nonce" in answer.headers["Access-Control-Expose-Headers"]
