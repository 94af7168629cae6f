"""Whatever goes wrong at an address that programs call, they are answered in JSON."""

from typing import Any

import pytest

from idp.oidc.client_requests import ClientRequests
from idp.oidc.tokens import signing_keys
from idp.store import events
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.oidc import clients
from tests.protocol.sign_ins import DESCRIPTION
from tests.support.site import Answer, Site

ENDPOINTS = (
    "/token",
    "/userinfo",
    "/introspect",
    "/revoke",
    "/register",
    "/register/some-client",
    "/jwks",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
)
VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH", "PROPFIND", "TRACE")


def assert_json(answer: Answer, error: str | None = None) -> None:
    """Check an error as OAuth writes it (RFC 6749 section 5.2), with nothing of the cause."""
    assert answer.headers["Content-Type"] == "application/json", answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json) == {"error", "error_description"}
    assert error is None or answer.json["error"] == error
    assert DESCRIPTION.match(answer.json["error_description"])
    assert "nowhere" not in answer.text


@pytest.mark.parametrize("path", ENDPOINTS)
def test_no_method_gets_a_page(small_site: Site, path: str) -> None:
    for verb in VERBS:
        answer = small_site.client().send(verb, path)
        assert "html" not in answer.headers.get("Content-Type", ""), verb
        if answer.status == 405:
            assert_json(answer, "invalid_request")
            assert answer.headers["Allow"], verb


@pytest.mark.parametrize("path", ENDPOINTS)
def test_what_lies_below_is_not_there_and_no_page(small_site: Site, path: str) -> None:
    for more in ("/", "/x/y", "/%00", ".html"):
        answer = small_site.client().send("GET", path + more)
        assert answer.status in (404, 405)
        assert_json(answer)


@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke", "/userinfo", "/register"])
def test_bodies_of_every_kind_and_size_are_refused_in_json(small_site: Site, path: str) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "a/b"):
        for body in ("", "x=" + "y" * 1_000_000, "\x00", "--x--"):
            answer = small_site.client().send("POST", path, body, {"Content-Type": kind})
            assert 400 <= answer.status < 500, (kind, body[:5])
            assert "json" in answer.headers["Content-Type"], (kind, body[:5])


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_query_that_is_not_utf8_is_refused_in_json(small_site: Site, path: str) -> None:
    client = small_site.app.test_client()
    got = client.get(path, environ_overrides={"QUERY_STRING": "a=\xff\xfe"})
    answer = Answer(got.status_code, got.headers, got.text, path)
    assert answer.status in (400, 405)
    assert_json(answer, "invalid_request")


def test_a_fault_of_ours_is_told_in_json(small_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("nowhere")

    monkeypatch.setattr(ClientRequests, "read", breaks)
    monkeypatch.setattr(signing_keys.Keys, "ring", breaks)
    monkeypatch.setattr(clients, "find", breaks)
    monkeypatch.setattr("idp.oidc.userinfo.bearer", breaks)
    for verb, path in (
        *(("POST", path) for path in ("/token", "/introspect", "/revoke", "/userinfo")),
        *(("GET", path) for path in ENDPOINTS[6:]),
    ):
        answer = small_site.client().send(verb, path)
        assert answer.status == 500, path
        assert_json(answer, "server_error")
    assert small_site.client().send("GET", "/authorize?client_id=x").status == 500


def test_a_fault_at_the_commit_is_told_in_json(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot_be_stored(work: Work, _key: str, **_: object) -> None:
        work.later(Statement("INSERT INTO nowhere (id) VALUES (1)"))

    monkeypatch.setattr(events, "count", cannot_be_stored)
    answer = site.client().send("POST", "/token", {"client_id": "x", "grant_type": "y"})
    assert answer.status == 500
    assert_json(answer, "server_error")


def test_people_still_get_pages(small_site: Site) -> None:
    for path in ("/nothing", "/authorize/x", "/end_session/x", "/interaction/x/y/z"):
        assert 'id="error-page"' in small_site.client().send("GET", path).text
