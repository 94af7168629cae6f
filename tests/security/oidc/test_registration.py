"""Attacks on dynamic registration: any JSON, one token for many, addresses inside our network."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.oidc.clients.client import MEMBERS
from tests.protocol.command import Acrux
from tests.protocol.registrations import (
    JSON,
    bearer,
    refusal,
    register,
    registered,
    registering_site,
)
from tests.security.serving.crowd import ARENAS, at_once, build_arena
from tests.support.programs.https import https_server
from tests.support.site import Site

MANY = 8

text = st.text(max_size=20) | st.sampled_from(
    (
        *("code", "none", "https://a.nz/", "http://localhost/", "org.example:/x", "\x00", "\ud800"),
        *("https://[", "https://a:b/", "https://\u202e/", "RS256", "private_key_jwt", "a" * 3000),
        *("web", "native", "pairwise", "client_credentials", "openid", "https://a.nz:99999/"),
    )
)
leaf = st.none() | st.booleans() | st.integers() | st.floats() | text
key = st.sampled_from(("keys", "kty", "n", "e", "crv", "x", "y", "use", "kid", "RSA", "EC")) | text
anything = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(key, inner, max_size=4),
    max_leaves=12,
)
member = st.sampled_from((*MEMBERS, "client_name", "client_id", "client_secret", "scope", "x"))
metadata = st.dictionaries(member, anything, max_size=6)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation in which everyone may register, without end."""
    with registering_site(tmp_path_factory.mktemp("site"), throttle__source_limit=10**9) as site:
        yield site


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def in_json(value: Any) -> str:
    """Return JSON with whatever a stranger may put into it, NaN too."""
    return json.dumps(value)


@settings(max_examples=150, derandomize=True)
@given(sent=metadata | anything, good=st.booleans())
def test_no_json_at_all_is_an_error_of_ours(place: Site, sent: Any, good: bool) -> None:
    if good and isinstance(sent, dict):
        sent.setdefault("redirect_uris", ["https://a.nz/"])
    answer = place.client().send("POST", "/register", in_json(sent), JSON)
    assert answer.status in (201, 400), answer.text
    if answer.status == 400:
        refusal(answer)
        return
    told = answer.json
    path = f"/register/{told['client_id']}"
    header = bearer(told["registration_access_token"])
    shown = place.client().send("GET", path, headers=header)
    assert shown.status == 200
    again = {**sent, "client_id": told["client_id"]}
    again.pop("client_secret", None)
    update = place.client().send("PUT", path, in_json(again), JSON | header)
    assert (update.status, update.json) == (200, shown.json)
    assert place.client().send("DELETE", path, headers=header).status == 204


@settings(max_examples=80, derandomize=True)
@given(sent=metadata | anything)
def test_no_update_is_an_error_of_ours_either(place: Site, sent: Any) -> None:
    client = registered(place)
    if isinstance(sent, dict):
        sent["client_id"] = client.client_id
    answer = place.client().send("PUT", client.path, in_json(sent), JSON | bearer(client.token))
    assert answer.status in (200, 400), answer.text
    assert client.read().status == 200


@pytest.mark.parametrize(
    "path", ["%00", "é", "x" * 5000, "..%2f..", "%f0%9f%98%80", "'; DROP TABLE client; --"]
)
def test_a_client_id_in_the_address_may_be_anything(place: Site, path: str) -> None:
    answer = place.client().send("GET", f"/register/{path}", headers=bearer("x"))
    assert answer.status in (401, 404)


def test_nothing_that_lets_anybody_in_is_stored_readable(tmp_path: Path) -> None:
    with registering_site(tmp_path) as site:
        made = [registered(site)]
        made.append(registered(site, token_endpoint_auth_method="client_secret_jwt"))
        initial = Acrux(site.environ).json("client", "initial-token")["initial_access_token"]
        secrets = [initial] + [c.token for c in made] + [c.application.secret for c in made]
        files = [f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()]
        assert len({*secrets}) == 5
        assert not [s for s in secrets if any(str(s).encode() in data for data in files)]


def test_addresses_inside_our_network_are_never_called(tmp_path: Path) -> None:
    """Neither by their number nor by a name that leads there, whatever the mode."""
    folder = tmp_path / "network"
    folder.mkdir()
    with https_server({}, folder) as network, registering_site(tmp_path) as site:
        for host in ("localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"):
            uri = f"https://{host}:{network.port}/sector"
            answer = register(site, sector_identifier_uri=uri)
            assert refusal(answer) == "invalid_client_metadata"
            assert "connection" not in answer.json["error_description"]
        assert network.connections == 0


def test_a_stranger_cannot_make_us_call_anybody(tmp_path: Path) -> None:
    folder = tmp_path / "network"
    folder.mkdir()
    with https_server({}, folder) as network:
        bundle = network.ca_bundle
        with registering_site(
            tmp_path,
            registration__mode="token",
            egress__allow="localhost",
            egress__ca_bundle=bundle,
        ) as site:
            uri = network.url("/sector")
            assert register(site, "unknown", sector_identifier_uri=uri).status == 401
            assert network.connections == 0
            initial = Acrux(site.environ).json("client", "initial-token")["initial_access_token"]
            refusal(register(site, initial, sector_identifier_uri=uri))
            assert network.connections == 1
            registered(site, initial)


# -- many at once


@pytest.fixture(scope="module", params=ARENAS)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_arena(request, tmp_path_factory, registration__mode="token")


def test_an_initial_token_registers_as_many_as_it_says(arena: Site) -> None:
    acrux = Acrux(arena.environ)
    before = len(acrux.json("client", "list"))
    words = ("client", "initial-token", "--uses", "3")
    initial = acrux.json(*words)["initial_access_token"]
    answers = at_once([lambda: register(arena, initial)] * MANY)
    assert Counter(a.status for a in answers) == {201: 3, 401: MANY - 3}
    assert len(acrux.json("client", "list")) == before + 3


def test_a_client_that_is_deleted_and_changed_at_once_is_gone(arena: Site) -> None:
    acrux = Acrux(arena.environ)
    initial = acrux.json("client", "initial-token")["initial_access_token"]
    client = registered(arena, initial)
    calls = [client.delete, *[lambda: client.update(client_name="Still here")] * (MANY - 1)]
    answers = at_once(calls)
    assert answers[0].status == 204
    assert {a.status for a in answers[1:]} <= {200, 401, 409}
    assert client.read().status == 401
    assert "there is no client" in acrux.refused("client", "show", client.client_id)
