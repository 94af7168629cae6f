"""POST /register (RFC 7591): the answer, and who may register a client."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.command import Acrux
from tests.protocol.registrations import (
    JSON,
    refusal,
    register,
    registered,
    registering_site,
    signed_in_tokens,
)
from tests.support.site import REDIRECT_URI, Site

CALLBACK = "https://app.example.org/cb"


@pytest.fixture
def open_site(tmp_path: Path) -> Iterator[Site]:
    """Everyone may register; SQLite."""
    with registering_site(tmp_path) as site:
        yield site


@pytest.fixture
def token_site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """An initial access token is needed; each database."""
    with registering_site(tmp_path, database_url, registration__mode="token") as site:
        yield site


def initial_token(site: Site, *words: str) -> str:
    made = Acrux(site.environ).json("client", "initial-token", *words)
    return str(made["initial_access_token"])


# -- the answer


def test_a_registered_client_signs_people_in(open_site: Site) -> None:
    open_site.person("tane")
    client = registered(open_site, client_name="Payroll")
    tokens = signed_in_tokens(open_site, client.application, scope="openid profile")
    assert open_site.id_token(tokens["id_token"])["aud"] == client.client_id
    assert "refresh_token" not in tokens


def test_the_answer_tells_all_that_is_registered(open_site: Site) -> None:
    answer = register(
        open_site,
        client_name="Payroll",
        redirect_uris=[CALLBACK, CALLBACK + "?bar=foo"],
        contacts=["ops@example.org"],
        logo_uri="https://app.example.org/logo.png",
        initiate_login_uri="https://app.example.org/start",
        default_max_age=3600,
    )
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json
    for drawn in ("client_id", "client_secret", "registration_access_token"):
        assert len(told.pop(drawn)) >= 22
    assert abs(told.pop("client_id_issued_at") - open_site.events()[0].at) <= 1
    assert told.pop("registration_client_uri").startswith(f"{open_site.issuer}/register/")
    assert told == {
        "client_secret_expires_at": 0,
        "client_name": "Payroll",
        "redirect_uris": [CALLBACK, CALLBACK + "?bar=foo"],
        "contacts": ["ops@example.org"],
        "logo_uri": "https://app.example.org/logo.png",
        "initiate_login_uri": "https://app.example.org/start",
        "default_max_age": 3600,
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
        "subject_type": "public",
        "require_auth_time": False,
        "require_signed_request_object": False,
        "require_pushed_authorization_requests": False,
        "dpop_bound_access_tokens": False,
        "tls_client_certificate_bound_access_tokens": False,
        "backchannel_logout_session_required": False,
        "frontchannel_logout_session_required": False,
    }


def test_what_is_unknown_or_null_or_the_operators_is_ignored(open_site: Site) -> None:
    client = registered(
        open_site,
        **{
            "client_name#mi": "Utu",
            "software_statement": "e30.e30.e30",
            "client_id": "chosen",
            "client_secret": "chosen",
            "first_party": True,
            "min_acr": "urn:acrux:acr:1fa",
            "resource_server": "yes",
            "pkce": "never",
            "x": {"y": [1]},
        },
    )
    shown = Acrux(open_site.environ).json("client", "show", client.client_id)
    assert client.client_id != "chosen"
    assert client.application.secret != "chosen"
    assert shown["first_party"] is False
    assert shown["resource_server"] is False
    assert shown["min_acr"] is None
    assert shown["name"] == "localhost"
    answer = open_site.client().send(
        "POST", "/register", '{"redirect_uris": ["https://a.nz/"], "jwks": null}', JSON
    )
    assert answer.status == 201
    assert "jwks" not in answer.json


def test_a_client_without_a_secret_gets_none(open_site: Site) -> None:
    open_site.person("tane")
    client = registered(open_site, token_endpoint_auth_method="none")
    assert "client_secret" not in client.information
    assert "client_secret_expires_at" not in client.information
    browser = open_site.browser()
    refused = browser.authorize(client.application, code_challenge=None, code_challenge_method=None)
    assert "code_challenge" in refused.text, "a public client needs PKCE"
    assert (refused.status, refused.location) == (400, "")
    assert "error=invalid_request" in refused.text, "and the application is told by a click"
    assert signed_in_tokens(open_site, client.application)["access_token"]


def test_a_client_with_a_secret_may_do_without_pkce(open_site: Site) -> None:
    open_site.person("tane")
    client = registered(open_site)
    browser = open_site.browser()
    browser.authorize(client.application, code_challenge=None, code_challenge_method=None)
    browser.sign_in("tane")
    code = browser.submit("/consent", decision="allow").query["code"]
    assert open_site.redeem(client.application, code, code_verifier=None).status == 200


def test_scopes_are_those_that_there_are(open_site: Site) -> None:
    client = registered(open_site, scope="email openid printer")
    assert client.information["scope"] == "openid email"
    assert refusal(register(open_site, scope="printer")) == "invalid_client_metadata"


def test_each_registration_is_recorded_without_its_secrets(open_site: Site) -> None:
    client = registered(open_site)
    register(open_site, redirect_uris=["https://app.example.org/cb#x"])
    [refused, added] = open_site.events()
    assert (added.kind, added.client_id) == ("client:registration:added", client.client_id)
    assert refused.kind == "client:registration:refused"
    assert "has a fragment" in str(refused.reason)
    secret, token = client.application.secret, client.token
    assert not any(word in str(open_site.events()) for word in (secret or "", token))


def test_the_sign_in_page_shows_what_a_client_says_of_itself(open_site: Site) -> None:
    client = registered(
        open_site,
        client_name="Payroll",
        logo_uri="https://app.example.org/logo.png",
        policy_uri="https://app.example.org/policy",
        tos_uri="https://openid.net/",
    )
    Acrux(open_site.environ)("client", "set", client.client_id, "vouched=yes")
    page = open_site.browser().authorize(client.application)
    for ident, uri in (
        ("client-logo", "https://app.example.org/logo.png"),
        ("client-policy", "https://app.example.org/policy"),
        ("client-tos", "https://openid.net/"),
    ):
        assert f'id="{ident}"' in page.text
        assert f'"{uri}"' in page.text
    assert "img-src 'self' data: https:;" in page.headers["Content-Security-Policy"]


# -- who may register


def test_registration_is_off_unless_the_operator_wants_it(small_site: Site) -> None:
    answer = register(small_site)
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/json"
    for method in ("GET", "PUT", "DELETE"):
        assert small_site.client().send(method, "/register/app").status == 404
    found = small_site.client().send("GET", "/.well-known/openid-configuration").json
    assert "registration_endpoint" not in found


def test_discovery_names_the_endpoint_when_there_is_one(open_site: Site) -> None:
    found = open_site.client().send("GET", "/.well-known/openid-configuration").json
    assert found["registration_endpoint"] == f"{open_site.issuer}/register"


def test_an_initial_access_token_registers_as_often_as_it_says(token_site: Site) -> None:
    token = initial_token(token_site, "--uses", "2")
    registered(token_site, token)
    registered(token_site, token, grant_types=["client_credentials"], redirect_uris=[])
    third = register(token_site, token)
    assert third.status == 401
    assert third.json["error"] == "invalid_token"


def test_a_refused_registration_uses_nothing_up(token_site: Site) -> None:
    token = initial_token(token_site)
    for _ in range(3):
        refusal(register(token_site, token, redirect_uris=["ftp://a.nz/"]))
    assert register(token_site, token).status == 201


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer  ", "Basic eDp5", "Bearer unknown", "Bearer " + "x" * 600]
)
def test_without_an_initial_access_token_nobody_registers(
    token_site: Site, header: str | None
) -> None:
    headers = JSON | ({"Authorization": header} if header else {})
    body = json.dumps({"redirect_uris": [REDIRECT_URI]})
    answer = token_site.client().send("POST", "/register", body, headers)
    assert answer.status == 401
    assert answer.json["error"] == "invalid_token"
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="registration"')


@pytest.mark.slow
def test_an_initial_access_token_expires(token_site: Site) -> None:
    token = initial_token(token_site, "--days", "1")
    token_site.advance(86_400)
    assert register(token_site, token).status == 401


def test_a_client_that_changes_itself_without_end_is_held_and_the_same_again_is_no_event(
    tmp_path: Path,
) -> None:
    with registering_site(tmp_path, throttle__source_limit=4) as site:
        client = registered(site)
        for _ in range(2):
            assert client.update().status == 200
        assert site.events(kind="client:registration:changed") == []
        assert client.update(client_name="Another").status == 200
        assert len(site.events(kind="client:registration:changed")) == 1
        assert client.update(client_name="A third").status == 429


def test_one_address_cannot_register_without_end(tmp_path: Path) -> None:
    with registering_site(tmp_path, throttle__source_limit=3) as site:
        for _ in range(2):
            registered(site)
        refusal(register(site, redirect_uris=[]))
        held = register(site)
        assert held.status == 429
        assert 0 < int(held.headers["Retry-After"]) <= 900
        assert held.json["error"] == "temporarily_unavailable"
        site.advance(901)
        registered(site)
