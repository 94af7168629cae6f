"""Clients whose id is the address of a document: read when they ask, refused when it is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.registrations import registering_site
from tests.support.applications.application import Application
from tests.support.programs.https import Answer, HttpsServer, https_server
from tests.support.site import Site

SETTINGS: dict[str, Any] = {"registration__mode": "off", "registration__metadata_documents": "true"}
ADDED = "client:registration:added"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[HttpsServer]:
    folder = tmp_path / "network"
    folder.mkdir()
    with https_server({}, folder) as server:
        yield server


@pytest.fixture
def near(tmp_path: Path, network: HttpsServer) -> Iterator[Site]:
    bundle = network.ca_bundle
    more: dict[str, Any] = {"egress__allow": "localhost", "egress__ca_bundle": bundle}
    with registering_site(tmp_path, **SETTINGS, **more) as site:
        yield site


def publish(network: HttpsServer, path: str = "/app.json", **members: Any) -> Application:
    """Publish a document; return the application whose id is its address."""
    address = network.url(path)
    said = {
        "client_id": address,
        "client_name": "Reader",
        "redirect_uris": [network.url("/callback")],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        **members,
    }
    document = {name: value for name, value in said.items() if value is not None}
    network.routes[path] = json.dumps(document).encode()
    return Application(address, None, network.url("/callback"))


def start(site: Site, app: Application) -> str:
    """Begin a sign-in; return the heading of the page that answers."""
    browser = site.browser()
    browser.authorize(app)
    return browser.at.heading


def let_in(site: Site, app: Application, **changes: str) -> str:
    """Sign in and agree; return the code."""
    browser = site.browser()
    browser.authorize(app, **changes)
    page = browser.sign_in("aroha")
    assert "Reader" in page.text
    assert "localhost" in page.text, "who it is that asks"
    code: str = browser.submit("/consent", decision="allow").query["code"]
    return code


@pytest.mark.slow
def test_who_registered_nothing_signs_people_in_who_agree_to_it(
    near: Site, network: HttpsServer
) -> None:
    near.person("aroha")
    app = publish(network)
    code = let_in(near, app)
    tokens = near.redeem(app, code)
    assert near.id_token(tokens.json["id_token"])["aud"] == app.client_id
    [event] = near.events(kind=ADDED)
    assert event.client_id == app.client_id


def test_a_document_is_read_once_an_hour_and_what_changed_in_it_holds_then(
    near: Site, network: HttpsServer
) -> None:
    app = publish(network)
    for _ in range(3):
        assert start(near, app) == "Sign in"
    assert len(network.requests) == 1
    publish(network, client_name="Another reader")
    near.advance(3601)
    browser = near.browser()
    assert "Another reader" in browser.authorize(app).text
    assert len(network.requests) == 2


@pytest.mark.slow
def test_what_cannot_be_read_any_more_holds_as_it_was(near: Site, network: HttpsServer) -> None:
    app = publish(network)
    assert start(near, app) == "Sign in"
    near.advance(3601)
    network.routes["/app.json"] = Answer(b"", 503)
    assert start(near, app) == "Sign in"
    near.advance(3601)
    network.routes["/app.json"] = Answer(b"", 404)
    assert start(near, app) == "This sign-in cannot start", "it is taken away"


@pytest.mark.slow
def test_a_refresh_token_is_good_for_nothing_while_the_document_is_away(
    near: Site, network: HttpsServer
) -> None:
    near.person("aroha")
    app = publish(network)
    tokens = near.redeem(app, let_in(near, app, scope="openid offline_access")).json
    near.advance(3601)
    there, network.routes["/app.json"] = network.routes["/app.json"], Answer(b"", 404)
    refused = near.refresh(app, tokens["refresh_token"], client_id=app.client_id)
    assert (refused.status, refused.json["error"]) == (401, "invalid_client")
    network.routes["/app.json"] = there
    near.advance(61)
    again = near.refresh(app, tokens["refresh_token"], client_id=app.client_id)
    assert again.status == 200, again.text


@pytest.mark.slow
def test_what_is_no_document_is_asked_for_once_a_minute(near: Site, network: HttpsServer) -> None:
    app = publish(network, client_secret="shared")
    for _ in range(5):
        assert start(near, app) == "This sign-in cannot start"
    assert len(network.requests) == 1
    publish(network)
    near.advance(61)
    assert start(near, app) == "Sign in"


def test_what_our_network_says_of_an_address_is_for_the_record_alone(
    near: Site, network: HttpsServer
) -> None:
    for address in ("https://localhost:1/a.json", "https://nowhere.invalid/a.json"):
        app = Application(address, None, network.url("/callback"))
        answer = near.client().send("POST", "/par", app.request())
        assert (answer.status, answer.json["error"]) == (401, "invalid_client")
        assert answer.json["error_description"] == "client authentication failed"
    reasons = [event.reason for event in near.events(kind="client:request:refused")]
    assert len(set(reasons)) == 2


UNFIT: list[dict[str, Any]] = [
    {"client_id": "https://somebody-else.example/app.json"},
    {"client_id": None},
    {"client_secret": "shared"},
    {"token_endpoint_auth_method": "client_secret_basic"},
    {"redirect_uris": ["https://somebody-else.example/callback"]},
    {"redirect_uris": []},
    {"grant_types": ["client_credentials"]},
    {"sector_identifier_uri": "https://localhost/sector"},
]


@pytest.mark.slow
@pytest.mark.parametrize("members", UNFIT, ids=lambda members: next(iter(members)))
def test_a_document_that_says_something_else_is_no_client(
    near: Site, network: HttpsServer, members: dict[str, Any]
) -> None:
    app = publish(network, **members)
    assert start(near, app) == "This sign-in cannot start"
    assert near.times(kind=ADDED) == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"{",
        b"[]",
        b'{"client_id": 1, "client_id": 2}',
        b"[" * 5000,
        b'"' + b"x" * 6000 + b'"',
        Answer(b"{}", 404),
        Answer(b"{}", 200, {"Content-Type": "text/html"}),
        Answer(b"", 302, {"Location": "https://localhost/other"}),
    ],
    ids=range(8),
)
def test_what_is_no_document_is_no_client(near: Site, network: HttpsServer, answer: Any) -> None:
    app = publish(network)
    network.routes["/app.json"] = answer
    assert start(near, app) == "This sign-in cannot start"


@pytest.mark.parametrize(
    "path", ["", "/a/../app.json", "/app.json#part", "/" + "x" * 200, "/app.json\0", "/a b"]
)
def test_an_address_that_can_be_no_id_is_never_asked(
    near: Site, network: HttpsServer, path: str
) -> None:
    app = Application(network.url(path), None, network.url("/callback"))
    assert start(near, app) == "This sign-in cannot start"
    assert network.requests == []


def test_nobody_is_asked_where_such_clients_are_not_let_in(
    tmp_path: Path, network: HttpsServer
) -> None:
    more: dict[str, Any] = {"egress__allow": "localhost", "egress__ca_bundle": network.ca_bundle}
    with registering_site(tmp_path, registration__mode="off", **more) as site:
        assert start(site, publish(network)) == "This sign-in cannot start"
        assert network.requests == []


def test_addresses_within_the_network_are_not_asked(tmp_path: Path, network: HttpsServer) -> None:
    with registering_site(tmp_path, **SETTINGS, egress__ca_bundle=network.ca_bundle) as site:
        assert start(site, publish(network)) == "This sign-in cannot start"
        assert network.requests == []


@pytest.mark.slow
def test_one_address_brings_so_many_clients_and_no_more(
    tmp_path: Path, network: HttpsServer
) -> None:
    more: dict[str, Any] = {"egress__allow": "localhost", "egress__ca_bundle": network.ca_bundle}
    with registering_site(tmp_path, **SETTINGS, **more, throttle__source_limit="3") as site:
        apps = [publish(network, f"/{number}.json") for number in range(4)]
        found = [start(site, app) for app in apps]
        assert found == 3 * ["Sign in"] + ["This sign-in cannot start"]
        assert len(network.requests) == 3


def test_a_request_is_pushed_by_one_that_nobody_has_seen_before(
    near: Site, network: HttpsServer
) -> None:
    app = publish(network)
    answer = near.client().send("POST", "/par", app.request() | {"client_id": app.client_id})
    assert answer.status == 201, answer.text
    publish(network, client_secret="shared")
    near.advance(3601)
    answer = near.client().send("POST", "/par", app.request() | {"client_id": app.client_id})
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("address", ["https://[x/a", "https://ex\u2100mple/a", "https://a@b/c"])
def test_an_address_that_is_none_is_refused_as_any_other(near: Site, address: str) -> None:
    app = Application(address, None)
    assert start(near, app) == "This sign-in cannot start"
    assert near.client().send("POST", "/par", app.request()).status == 401
