"""Request objects by reference (Core 6.2): fetched from registered addresses alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.sign_ins import assert_redirect_error
from tests.support.applications.signed_requests import ask, members, public_keys, sign, signer
from tests.support.programs.https import Answer as Reply
from tests.support.programs.https import HttpsServer, https_server
from tests.support.site import REDIRECT_URI, Application, Browser, Site


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpsServer]:
    with https_server({}, tmp_path) as found:
        yield found


@pytest.fixture
def place(tmp_path: Path, database_url: str, server: HttpsServer) -> Iterator[Site]:
    """An installation that may fetch from the server of this test."""
    site = Site(tmp_path, database_url, **server.settings())
    site.person("tane")
    yield site
    site.close()


def by_reference(browser: Browser, app: Application, uri: str) -> Any:
    outside = {"request_uri": uri, "redirect_uri": REDIRECT_URI, "state": "the-state"}
    return ask(browser, app, None, **outside)


@pytest.mark.slow
def test_a_request_is_fetched_from_a_registered_address(place: Site, server: HttpsServer) -> None:
    uri = server.url("/ro.jwt?v=1") + "#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"
    plain = server.url("/plain.jwt")
    app = signer(place, request_uris=[uri, plain])
    kind = {"Content-Type": "application/oauth-authz-req+jwt"}
    token = sign(members(place, app, state="fetched"))
    server.routes["/ro.jwt"] = lambda _: Reply(token.encode() + b"\n", headers=kind)
    server.routes["/plain.jwt"] = token.encode()
    browser = place.browser()
    assert by_reference(browser, app, uri).heading == "Sign in"
    assert browser.sign_in("tane").query["state"] == "fetched"
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/ro.jwt?v=1")
    assert "application/oauth-authz-req+jwt" in request.headers["accept"]
    for address in (plain, plain + "#version-2"):
        assert by_reference(browser, app, address).query["state"] == "fetched"


def test_nothing_is_fetched_from_an_address_that_is_not_registered(
    place: Site, server: HttpsServer
) -> None:
    uri = server.url("/ro.jwt")
    app = signer(place, request_uris=[uri + "#one"])
    server.routes["/ro.jwt"] = sign(members(place, app)).encode()
    for address in (
        uri,
        uri + "#two",
        uri + "?x#one",
        uri.replace("localhost", "127.0.0.1") + "#one",
        "https://evil.example/#one",
        "urn:ietf:params:oauth:request_uri:abc",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
    ):
        assert_redirect_error(
            place, by_reference(place.browser(), app, address), "invalid_request_uri"
        )
    assert server.requests == []


@pytest.mark.slow
def test_what_cannot_be_fetched_is_told_so(place: Site, server: HttpsServer) -> None:
    there = "https://localhost:1/r"
    uri = server.url("/ro.jwt")
    app = signer(place, request_uris=[uri, there])
    token = sign(members(place, app)).encode()
    server.routes["/moved"] = token
    browser = place.browser()
    for reply, error in (
        (Reply(token, status=404), "invalid_request_uri"),
        (Reply(token, status=204), "invalid_request_uri"),
        (Reply(status=302, headers={"Location": server.url("/moved")}), "invalid_request_uri"),
        (Reply(token + b"x" * 70_000), "invalid_request_uri"),
        (Reply(b"<html>"), "invalid_request_object"),
        (Reply(b""), "invalid_request_object"),
        (Reply("é".encode()), "invalid_request_object"),
        (Reply(b"\xff\x00"), "invalid_request_object"),
        (Reply(json.dumps(members(place, app)).encode()), "invalid_request_object"),
    ):
        server.routes["/ro.jwt"] = reply
        assert_redirect_error(place, by_reference(browser, app, uri), error)
    assert_redirect_error(place, by_reference(browser, app, there), "invalid_request_uri")
    server.routes["/ro.jwt"] = token
    assert by_reference(browser, app, uri).heading == "Sign in"
    assert "/moved" not in [request.path for request in server.requests]


def test_the_keys_of_a_signature_may_be_published_too(place: Site, server: HttpsServer) -> None:
    app = signer(place, jwks_uri=server.url("/jwks"))
    server.routes["/jwks"] = json.dumps(public_keys()).encode()
    assert ask(place.browser(), app, sign(members(place, app), "ES256")).heading == "Sign in"
