"""sector_identifier_uri at registration: the only address that is fetched there."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from idp.oidc.registration.endpoint import MAX_FETCHES
from tests.protocol.command import Acrux
from tests.protocol.registrations import refusal, register, registered, registering_site
from tests.support.programs.https import HttpsServer, https_server
from tests.support.site import MFA, REDIRECT_URI, Site


@pytest.fixture
def network(tmp_path: Path) -> Iterator[HttpsServer]:
    """A server that clients publish their lists on."""
    folder = tmp_path / "network"
    folder.mkdir()
    with https_server({}, folder) as server:
        yield server


@pytest.fixture
def near(tmp_path: Path, network: HttpsServer) -> Iterator[Site]:
    """An open installation that may fetch from that server."""
    bundle = network.ca_bundle
    with registering_site(tmp_path, egress__allow="localhost", egress__ca_bundle=bundle) as site:
        yield site


@pytest.mark.slow
def test_a_sector_must_list_every_redirect_uri(near: Site, network: HttpsServer) -> None:
    listed = ["https://a.example.org/cb", "https://b.example.org/cb"]
    network.routes["/sector"] = json.dumps(listed).encode()
    pairwise = {"subject_type": "pairwise", "sector_identifier_uri": network.url("/sector")}
    client = registered(near, redirect_uris=listed, **pairwise)
    assert client.information["sector_identifier_uri"] == network.url("/sector")
    other = register(near, redirect_uris=[*listed, "https://c.example.org/cb"], **pairwise)
    assert refusal(other) == "invalid_client_metadata"
    alone = register(near, redirect_uris=listed, subject_type="pairwise")
    assert refusal(alone) == "invalid_client_metadata", "two hosts need a sector"
    assert len(network.requests) == 2


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'"https://a.nz/"', b"\xff", b"[" * 20_000])
def test_a_sector_that_is_no_list_of_strings_is_refused(
    near: Site, network: HttpsServer, body: bytes
) -> None:
    network.routes["/sector"] = body
    answer = register(near, sector_identifier_uri=network.url("/sector"))
    assert refusal(answer) == "invalid_client_metadata"


@pytest.mark.slow
def test_a_sector_is_looked_at_while_no_transaction_is_open(
    near: Site, network: HttpsServer
) -> None:
    """On SQLite another writer would have to wait for it."""
    made: list[str] = []

    def answer(_request: object) -> bytes:
        made.append(near.person("mere"))
        return json.dumps([REDIRECT_URI]).encode()

    network.routes["/sector"] = answer
    registered(near, sector_identifier_uri=network.url("/sector"))
    assert len(made) == 1


@pytest.mark.slow
def test_slow_sectors_hold_only_some_threads(near: Site, network: HttpsServer) -> None:
    begun, end = threading.Semaphore(0), threading.Event()

    def answer(_request: object) -> bytes:
        begun.release()
        assert end.wait(10)
        return json.dumps([REDIRECT_URI]).encode()

    network.routes["/sector"] = answer
    sector = {"sector_identifier_uri": network.url("/sector")}
    with ThreadPoolExecutor(MAX_FETCHES) as pool:
        waiting = [pool.submit(register, near, **sector) for _ in range(MAX_FETCHES)]
        assert all(begun.acquire(timeout=10) for _ in waiting)
        held = register(near, **sector)
        registered(near)
        end.set()
        assert [each.result().status for each in waiting] == [201] * MAX_FETCHES
    assert (held.status, held.json["error"]) == (503, "temporarily_unavailable")
    assert held.headers["Retry-After"] == "5"
    registered(near, **sector)


def test_nothing_else_that_a_client_names_is_fetched(near: Site, network: HttpsServer) -> None:
    pages = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri")
    members = dict.fromkeys((*pages, "jwks_uri", "backchannel_logout_uri"), network.url("/x"))
    registered(near, **members, request_uris=[network.url("/x#hash")])
    assert network.connections == 0


def test_an_update_looks_at_the_sector_again(near: Site, network: HttpsServer) -> None:
    network.routes["/sector"] = json.dumps([REDIRECT_URI]).encode()
    sector = {"sector_identifier_uri": network.url("/sector")}
    client = registered(near, **sector)
    assert client.update(**sector).status == 200
    answer = client.update(redirect_uris=["https://app.example.org/cb"], **sector)
    assert refusal(answer) == "invalid_client_metadata"
    assert client.read().json["redirect_uris"] == [REDIRECT_URI]


@pytest.mark.slow
def test_an_update_never_overwrites_what_it_has_not_seen(near: Site, network: HttpsServer) -> None:
    client = registered(near)
    acrux = Acrux(near.environ)

    def answer(_request: object) -> bytes:
        acrux("client", "set", client.client_id, f"min_acr={MFA}")
        return json.dumps([REDIRECT_URI]).encode()

    network.routes["/sector"] = answer
    assert client.update(sector_identifier_uri=network.url("/sector")).status == 409
    shown = acrux.json("client", "show", client.client_id)
    assert (shown["min_acr"], shown["sector_identifier_uri"]) == (MFA, None)
