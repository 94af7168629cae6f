"""GET, PUT and DELETE of a client's own registration (RFC 7592)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.command import Acrux
from tests.protocol.registrations import (
    JSON,
    Registered,
    bearer,
    refusal,
    register,
    registered,
    registering_site,
    signed_in_tokens,
)
from tests.support.site import MFA, REDIRECT_URI, Site

CALLBACK = "https://app.example.org/cb"


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """Everyone may register; each database."""
    with registering_site(tmp_path, database_url) as site:
        yield site


@pytest.fixture
def small_place(tmp_path: Path) -> Iterator[Site]:
    """Everyone may register; SQLite."""
    with registering_site(tmp_path) as site:
        yield site


def test_a_client_reads_what_it_registered(place: Site) -> None:
    client = registered(place, initiate_login_uri="https://app.example.org/start")
    answer = client.read()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    secret = {"client_secret", "client_secret_expires_at"}
    assert answer.json == {k: v for k, v in client.information.items() if k not in secret}
    assert answer.json["initiate_login_uri"] == "https://app.example.org/start"


def test_an_update_replaces_everything(place: Site) -> None:
    client = registered(place, client_name="Payroll", contacts=["ops@example.org"])
    answer = client.update(redirect_uris=[CALLBACK])
    assert answer.status == 200
    assert answer.json["redirect_uris"] == [CALLBACK]
    assert answer.json["client_name"] == "app.example.org"
    assert "contacts" not in answer.json
    assert "client_secret" not in answer.json, "the secret stays, and is told once"
    assert client.read().json == answer.json
    assert not place.browser().authorize(client.application).location, "the old URI is gone"
    [event] = place.events(kind="client:registration:changed")
    assert event.client_id == client.client_id


def test_the_secret_survives_an_update(small_place: Site) -> None:
    small_place.person("tane")
    client = registered(small_place)
    assert client.update(client_secret=client.application.secret).status == 200
    assert client.update(client_name="Payroll").status == 200
    assert signed_in_tokens(small_place, client.application)["access_token"]


def test_a_changed_method_gives_or_takes_the_secret(place: Site) -> None:
    place.person("tane")
    client = registered(place)
    public = client.update(token_endpoint_auth_method="none").json
    assert "client_secret" not in public
    again = client.update(token_endpoint_auth_method="client_secret_post").json
    assert again["client_secret"] != client.application.secret
    assert again["client_secret_expires_at"] == 0
    signs = client.update(token_endpoint_auth_method="client_secret_jwt").json
    assert signs["client_secret"] != again["client_secret"], "what was hashed cannot be a key"
    basic = client.update(token_endpoint_auth_method="client_secret_basic").json
    assert "client_secret" not in basic, "the same one serves"
    app = Registered(place, {**basic, "client_secret": signs["client_secret"]}).application
    assert "client_credentials" not in basic["grant_types"]
    assert signed_in_tokens(place, app, code_challenge=app.challenge)["access_token"]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"client_id": None}, "client_id must be"),
        ({"client_id": "other"}, "client_id must be"),
        ({"client_id": 7}, "client_id must be"),
        ({"client_secret": "chosen-by-the-client-chosen-by-it"}, "client_secret must be"),
        ({"client_secret": "é"}, "client_secret must be"),
        ({"client_secret": ["x"]}, "client_secret must be"),
        ({"registration_access_token": "x"}, "not for the client to send"),
        ({"registration_client_uri": "x"}, "not for the client to send"),
        ({"client_secret_expires_at": 0}, "not for the client to send"),
        ({"client_id_issued_at": 0}, "not for the client to send"),
        ({"jwks_uri": "https://127.0.0.1/"}, "jwks_uri"),
    ],
)
def test_a_wrong_update_changes_nothing(
    small_place: Site, sent: dict[str, object], says: str
) -> None:
    client = registered(small_place)
    before = client.read().json
    answer = client.update(client_name="Changed", **sent)
    assert refusal(answer) == "invalid_client_metadata"
    assert says in answer.json["error_description"]
    assert client.read().json == before
    assert small_place.events()[0].client_id == client.client_id


def test_what_the_operator_decided_stays(place: Site) -> None:
    """A client cannot get rid of its floor by registering again."""
    place.person("tane", totp=place.secret())
    client = registered(place)
    acrux = Acrux(place.environ)
    acrux("client", "set", client.client_id, f"min_acr={MFA}", "pkce=required")
    assert client.update(client_name="Payroll", min_acr="", pkce="optional").status == 200
    shown = acrux.json("client", "show", client.client_id)
    assert (shown["min_acr"], shown["pkce"], shown["name"]) == (MFA, "required", "Payroll")


def test_a_public_client_that_becomes_confidential_keeps_pkce(small_place: Site) -> None:
    client = registered(small_place, token_endpoint_auth_method="none")
    assert client.update().status == 200
    shown = Acrux(small_place.environ).json("client", "show", client.client_id)
    assert shown["pkce"] == "required"


def test_a_deleted_client_is_gone_with_its_tokens(place: Site) -> None:
    place.person("tane")
    client = registered(place)
    token = signed_in_tokens(place, client.application)["access_token"]
    answer = client.delete()
    assert (answer.status, answer.text) == (204, "")
    assert place.client().send("GET", "/userinfo", headers=bearer(token)).status == 401
    assert [client.read().status, client.update().status, client.delete().status] == [401] * 3
    assert "not known" in place.browser().authorize(client.application).text
    [event] = place.events(kind="client:registration:deleted")
    assert event.client_id == client.client_id


def test_a_client_of_the_operator_does_not_manage_itself(small_place: Site) -> None:
    app = small_place.application("app")
    for token in (app.secret or "", "x"):
        answer = small_place.client().send("GET", "/register/app", headers=bearer(token))
        assert answer.status == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_the_token_of_this_client_manages_it(small_place: Site, method: str) -> None:
    mine, other = registered(small_place), registered(small_place)
    body = json.dumps({"client_id": mine.client_id, "redirect_uris": [CALLBACK]})
    http = small_place.client()
    for headers in ({}, bearer("x"), bearer(other.token), bearer(mine.application.secret or "")):
        answer = http.send(method, mine.path, body, JSON | headers)
        assert answer.status == 401
        assert answer.json["error"] == "invalid_token"
        assert 'Bearer realm="registration"' in answer.headers["WWW-Authenticate"]
    query = http.send(method, f"{mine.path}?access_token={mine.token}", body, JSON)
    assert query.status == 401
    assert mine.read().json["redirect_uris"] == [REDIRECT_URI]


def test_other_methods_are_not_there(small_place: Site) -> None:
    client = registered(small_place)
    http = small_place.client()
    assert http.send("POST", client.path, "{}", JSON | bearer(client.token)).status == 405
    assert http.send("GET", "/register").status == 405
    assert register(small_place).status == 201
