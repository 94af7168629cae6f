"""The straight way to the endpoints of programs: every answer is the one that Flask would give."""

import gc
import io
import json
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from idp.web.lane import Lane
from tests.protocol import endpoints
from tests.protocol.sign_ins import bearer, code, tokens
from tests.protocol.web.ways import FORM, Ways, told
from tests.support.site import Site

DAY = 86400


@pytest.fixture
def ways(site: Site) -> Ways:
    site.person()
    return Ways(site, endpoints.robot(site))


DOCUMENTS = (
    "/jwks",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
)
PROGRAMS = (*DOCUMENTS, "/token", "/userinfo", "/revoke", "/introspect")


@pytest.mark.parametrize("path", PROGRAMS)
def test_every_method_and_spelling_of_an_address_is_answered_alike(
    small_ways: Ways, path: str
) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "TRACE"):
        small_ways.same(method, path)
        small_ways.same(method, path, {"Origin": "https://app.example.org"})
    for spelled in ("?a=b", "?language=de", "?a=%ff", "/", "/x", "?"):
        small_ways.same("GET", path + spelled)


def test_documents_are_the_same(ways: Ways) -> None:
    for path in DOCUMENTS:
        assert ways.same("GET", path)[0] == 200


def test_a_token_of_ones_own_is_given_told_of_and_given_back_alike(ways: Ways) -> None:
    status, _, body = ways.form("/token", grant_type="client_credentials")
    assert (status, body.startswith("{…, ")) == (200, True)
    given = endpoints.own_token(ways.site, ways.app).json["access_token"]
    assert '"active": true' in ways.form("/introspect", token=given)[2]
    assert ways.same("GET", "/userinfo", bearer(given))[0] == 403
    assert ways.form("/revoke", token=given)[0] == 200
    assert ways.form("/introspect", token=given)[2] == '{"active": false}'


def test_a_persons_tokens_are_given_renewed_and_read_alike(ways: Ways) -> None:
    rms = ways.site.application("rms")
    scope = "openid profile email offline_access"
    lane = ways.site.app.wsgi_app
    assert isinstance(lane, Lane)
    exchanged, renewed, read = [], [], []
    for way in (lane, lane.others):
        client = Client(way, use_cookies=False)
        got = code(ways.site, rms, scope=scope)
        headers = rms.authentication()
        answer = client.post("/token", data=rms.redemption(got), headers=headers)
        again = {
            "grant_type": "refresh_token",
            "refresh_token": json.loads(answer.data)["refresh_token"],
        }
        exchanged.append(told(answer))
        answer = client.post("/token", data=again, headers=headers)
        renewed.append(told(answer))
        access = json.loads(answer.data)["access_token"]
        read.append(told(client.get("/userinfo", headers=bearer(access))))
        read.append(told(client.post("/userinfo", data={"access_token": access})))
        # The code a second time: all that came of it ends, in either lane.
        assert client.post("/token", data=rms.redemption(got), headers=headers).status_code == 400
        assert client.get("/userinfo", headers=bearer(access)).status_code == 401
    assert exchanged[0] == exchanged[1]
    assert renewed[0] == renewed[1]
    assert read[:2] == read[2:]
    assert [one[0] for one in exchanged + renewed + read] == [200] * 8


REFUSED: dict[str, tuple[dict[str, str], bytes]] = {
    "no form": ({}, b""),
    "another kind": ({"Content-Type": "application/json"}, b'{"grant_type": "x"}'),
    "no grant": (FORM, b"a=b"),
    "an unknown grant": (FORM, b"grant_type=password"),
    "no client": (FORM, b"grant_type=client_credentials"),
    "a wrong secret": (
        {**FORM, "Authorization": "Basic cm9ib3Q6bm8="},
        b"grant_type=client_credentials",
    ),
    "credentials that are none": ({**FORM, "Authorization": "Basic é"}, b"grant_type=x&token=x"),
    "twice": (FORM, b"grant_type=x&grant_type=x&token=a&token=b"),
    "no text": (FORM, b"grant_type=%ff&token=%ff"),
    "NUL": (FORM, b"grant_type=%00&token=%00"),
    "bare bytes": (FORM, b"\xff\xfe"),
    "too large": (FORM, b"token=" + b"x" * 2_000_000),
    "a bearer": ({**FORM, "Authorization": "Bearer nothing"}, b"token=x"),
    "two bearers": ({**FORM, "Authorization": "Bearer nothing"}, b"access_token=x"),
    "a proxy's word": ({**FORM, "X-Forwarded-For": "é, 1.2.3.4"}, b"grant_type=x"),
    "cookies": ({**FORM, "Cookie": "acrux=x; acrux-device=y; acrux-language=de"}, b"token=x"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_what_is_refused_is_refused_alike(ways: Ways, wrong: str) -> None:
    for path in ("/token", "/userinfo", "/revoke", "/introspect"):
        headers, body = REFUSED[wrong]
        assert ways.same("POST", path, headers, body)[0] >= 400


def test_a_fault_of_ours_is_told_alike_and_undone(small_ways: Ways) -> None:
    """Flask's handlers tell it, under a reference that stands in the log."""
    token = tokens(small_ways.site, small_ways.site.application("rms"))["access_token"]
    with small_ways.site.installation.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE person RENAME TO gone")
    status, headers, body = small_ways.same("GET", "/userinfo", bearer(token))
    assert (status, "server_error" in body) == (500, True)
    assert ("Access-Control-Allow-Origin", "*") in headers
    assert small_ways.site.connections_in_use() == 0


def test_the_trail_says_the_same_of_who_asked(ways: Ways) -> None:
    """One event for both, since they are alike in all that it says."""
    ways.form("/token", {"X-Forwarded-For": "9.9.9.9"}, grant_type="x")
    event = ways.site.events()[0]
    assert (event.outcome, event.source, event.times) == ("refused", "127.0.0.1", 2)


@pytest.mark.parametrize("left_out", ["QUERY_STRING", "PATH_INFO", "REMOTE_ADDR", "HTTP_HOST"])
def test_a_server_may_leave_out_what_is_empty(small_ways: Ways, left_out: str) -> None:
    """PEP 3333: each may be absent."""
    lane = small_ways.site.app.wsgi_app
    assert isinstance(lane, Lane)
    statuses = []
    for way in (lane, lane.others):
        environ = EnvironBuilder("/jwks").get_environ()
        environ.pop(left_out, None)
        statuses.append(run_wsgi_app(way, environ, buffered=True)[1])
    assert statuses[0] == statuses[1]


@contextmanager
def no_garbage_collected() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/token", "/userinfo", "/introspect"])
def test_a_body_leaves_the_memory_with_its_request(small_ways: Ways, path: str) -> None:
    """Large ones would fill it, and secrets would stay in it."""
    environ = EnvironBuilder(
        path, method="POST", data={"access_token": "x" * 10_000, "grant_type": "x"}
    ).get_environ()
    body = environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read())
    left = weakref.ref(body)
    del body
    with no_garbage_collected():
        status = run_wsgi_app(small_ways.site.app.wsgi_app, environ, buffered=True)[1]
        assert status[:3] in ("400", "401")
        del environ
        assert left() is None


@pytest.fixture
def small_ways(small_site: Site) -> Ways:
    small_site.person()
    return Ways(small_site, endpoints.robot(small_site))


text = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=30)
headers = st.dictionaries(
    st.sampled_from(["Authorization", "Content-Type", "Cookie", "Accept", "User-Agent", "Origin"]),
    text | st.sampled_from(["Basic cm9ib3Q6bm8=", "Bearer x", *FORM.values()]),
)
bodies = st.binary(max_size=60) | st.lists(
    st.tuples(st.sampled_from(["grant_type", "token", "code", "access_token", "é"]), st.text())
).map(lambda pairs: urlencode(pairs, errors="replace").encode())


@pytest.mark.slow
@settings(
    max_examples=150,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    method=st.sampled_from(["GET", "POST"]),
    path=st.sampled_from(PROGRAMS),
    headers=headers,
    body=bodies,
)
def test_anything_is_answered_alike(
    small_ways: Ways, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    small_ways.site.advance(DAY)
    small_ways.same(method, path, headers, body)
