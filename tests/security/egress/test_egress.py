"""The fetcher reaches what a client may name, nothing else, and takes no more than it asked for."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.egress import EgressError, Fetcher
from idp.settings.values import Egress
from tests.support.programs.https import Answer, HttpsServer, Raw, Received, https_server

KEYS = b'{"keys": []}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsServer]:
    with https_server({"/jwks": KEYS}, tmp_path_factory.mktemp("https")) as found:
        yield found


@pytest.fixture(scope="module")
def fetcher(server: HttpsServer) -> Fetcher:
    return Fetcher(server.egress())


def _refusal(fetcher: Fetcher, url: str, seconds: float = 5.0) -> EgressError:
    with pytest.raises(EgressError) as caught:
        fetcher.get(url, seconds=seconds)
    return caught.value


def _serve(server: HttpsServer, route: Answer | Raw) -> str:
    server.routes["/odd"] = route
    return server.url("/odd")


def _http(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


# -- what a fetch is


def test_a_document_is_fetched_with_its_type_and_lifetime(
    server: HttpsServer, fetcher: Fetcher
) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8", "Cache-Control": "max-age=60"}
    found = fetcher.get(_serve(server, Answer(KEYS, headers=headers)))
    assert (found.status, found.content_type, found.body) == (200, "application/json", KEYS)
    assert found.max_age == 60


def test_a_status_that_says_no_is_an_answer(server: HttpsServer, fetcher: Fetcher) -> None:
    assert fetcher.get(server.url("/absent")).status == 404
    assert fetcher.get(_serve(server, Answer(status=503))).status == 503


def test_a_request_names_the_host_and_nothing_of_this_machine(
    server: HttpsServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    fetcher.get(server.url("/jwks?a=%20b#part"))
    request = server.requests[-1]
    assert request.path == "/jwks?a=%20b"
    assert request.headers == {
        "host": f"localhost:{server.port}",
        "user-agent": "Acrux",
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "close",
    }


def test_a_form_is_posted(server: HttpsServer, fetcher: Fetcher) -> None:
    server.routes["/logout"] = Answer(status=204, headers={"Content-Length": "0"})
    fields = {"logout_token": "a.b-c_d", "odd": "ä &=\r\n"}
    assert fetcher.post_form(server.url("/logout"), fields).status == 204
    request = server.requests[-1]
    assert (request.method, request.form) == ("POST", fields)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_cookie_is_not_kept(server: HttpsServer, fetcher: Fetcher) -> None:
    url = _serve(server, Answer(KEYS, headers={"Set-Cookie": "a=b"}))
    fetcher.get(url)
    fetcher.get(url)
    assert "cookie" not in server.requests[-1].headers


def test_a_header_cannot_be_smuggled_in_by_the_caller(
    server: HttpsServer, fetcher: Fetcher
) -> None:
    with pytest.raises(ValueError, match="printable"):
        fetcher.get(server.url("/jwks"), accept="a\r\nX-Injected: b")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("public, max-age=300", 300),
        ('MAX-AGE="30" , private', 30),
        ("max-age=300, max-age=5", 5),
        ("max-age=300, no-store", 0),
        ("no-cache", 0),
        ("max-age=soon", 0),
        ("max-age=-1", 0),
        ("max-age=99999999999999999999", 0),
        ("public", None),
        ("x-max-age=5", None),
    ],
)
def test_a_lifetime_is_never_understood_as_longer_than_was_said(
    server: HttpsServer, fetcher: Fetcher, header: str, seconds: int | None
) -> None:
    url = _serve(server, Answer(KEYS, headers={"Cache-Control": header}))
    assert fetcher.get(url).max_age == seconds


def test_threads_share_one_fetcher(server: HttpsServer, fetcher: Fetcher) -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(fetcher.get(server.url("/jwks")).body))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [KEYS] * 12


# -- answers that are none


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed(server: HttpsServer, fetcher: Fetcher, status: int) -> None:
    before = len(server.requests)
    url = _serve(server, Answer(status=status, headers={"Location": server.url("/jwks")}))
    assert "redirect" in str(_refusal(fetcher, url))
    assert len(server.requests) == before + 1


LARGE = b"x" * 70_000
CHUNKED = _http("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")


@pytest.mark.parametrize(
    "route",
    [
        Answer(LARGE),
        Answer(b"", headers={"Content-Length": "70000"}),
        Raw([_http("HTTP/1.1 200 OK"), LARGE]),
        Raw([CHUNKED, *(b"400\r\n" + b"x" * 1024 + b"\r\n" for _ in range(70)), b"0\r\n\r\n"]),
        Raw([CHUNKED, b"fffffffffffffff\r\n", LARGE]),
        Raw([_http("HTTP/1.1 200 OK"), *[b"x" * 16_384] * 1000]),
        Raw([b"HTTP/1.1 200 OK\r\n", *[b"A: " + b"x" * 60_000 + b"\r\n"] * 90]),
        Raw([b"HTTP/1.1 100 Continue\r\n\r\n"] * 20_000),
    ],
    ids=["plain", "announced", "to the end", "chunks", "a chunk", "endless", "headers", "interim"],
)
def test_an_answer_that_is_too_large_is_not_taken(
    server: HttpsServer, fetcher: Fetcher, route: Answer | Raw
) -> None:
    error = _refusal(fetcher, _serve(server, route))
    assert "large" in str(error)
    assert not error.final


def test_a_body_of_exactly_the_limit_is_taken(server: HttpsServer, fetcher: Fetcher) -> None:
    url = _serve(server, Answer(b"x" * 100))
    assert len(fetcher.get(url, limit=100).body) == 100
    with pytest.raises(EgressError):
        fetcher.get(url, limit=99)


def test_chunks_of_one_byte_are_put_together(server: HttpsServer, fetcher: Fetcher) -> None:
    pieces = [CHUNKED, *(b"1;why\r\n%c\r\n" % byte for byte in KEYS), b"0\r\nTrailer: a\r\n\r\n"]
    assert fetcher.get(_serve(server, Raw(pieces))).body == KEYS


@pytest.mark.parametrize(
    "lines",
    [
        ["HTTP/1.1 200 OK", "Content-Encoding: gzip"],
        ["HTTP/1.1 200 OK", "Content-Encoding: identity, br"],
        ["HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked"],
        ["HTTP/1.1 200 OK", "Content-Length: 12", "Content-Length: 2"],
        ["HTTP/1.1 200 OK", "Content-Length: -1"],
        ["HTTP/1.1 200 OK", "Content-Length: 1_2"],
        ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket"],
        ["HTTP/1.1 103 Early Hints"],
        ["HTTP/1.1 999 Odd"],
        ["HTTP/2 200 OK"],
        ["ICY 200 OK"],
        ["{}"],
        ["HTTP/1.1 200 OK", *("A: b" for _ in range(200))],
    ],
    ids=lambda lines: lines[-1][:40],
)
def test_an_answer_in_another_form_than_asked_for_is_none(
    server: HttpsServer, fetcher: Fetcher, lines: list[str]
) -> None:
    assert not _refusal(fetcher, _serve(server, Raw([_http(*lines, body=KEYS)]))).final


@pytest.mark.parametrize(
    "route",
    [
        Raw([_http("HTTP/1.1 200 OK", "Content-Length: 100"), KEYS]),
        Raw([_http("HTTP/1.1 200 OK", "Content-Length: 100"), KEYS], farewell=False),
        Raw([_http("HTTP/1.1 200 OK"), KEYS], farewell=False),
        Raw([CHUNKED, b"c\r\n" + KEYS]),
        Raw([CHUNKED, b"c\r\n" + KEYS, b"\r\nno\r\n"]),
        Raw([CHUNKED, b"-5\r\n", KEYS]),
        Raw([b"HTTP/1.1 200"], farewell=False),
        Raw([]),
    ],
    ids=["length", "broken off", "to the end", "chunks", "chunk", "negative", "status", "nothing"],
)
def test_an_answer_without_its_end_is_none(
    server: HttpsServer, fetcher: Fetcher, route: Raw
) -> None:
    assert not _refusal(fetcher, _serve(server, route)).final


def test_a_body_that_ends_with_the_connection_needs_the_farewell_of_tls(
    server: HttpsServer, fetcher: Fetcher
) -> None:
    assert fetcher.get(_serve(server, Raw([_http("HTTP/1.1 200 OK"), KEYS]))).body == KEYS


@given(st.binary(max_size=200), st.booleans())
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_whatever_comes_back_is_an_answer_or_an_egress_error(
    server: HttpsServer, fetcher: Fetcher, noise: bytes, begun: bool
) -> None:
    # Any other exception fails this test.
    with suppress(EgressError):
        fetcher.get(_serve(server, Raw([CHUNKED + noise if begun else noise])))


# -- the time


def _drip(server: HttpsServer, first: bytes, drop: bytes) -> Raw:
    def pieces() -> Iterator[bytes]:
        yield first
        while not server.ending.wait(0.05):
            yield drop

    return Raw(pieces())


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\n", b"A"),
        (_http("HTTP/1.1 200 OK", "Content-Length: 9999"), b"x"),
        (CHUNKED, b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silence", "headers", "body", "chunks", "interim answers"],
)
def test_an_answer_that_drips_is_given_up_when_the_time_is_over(
    server: HttpsServer, fetcher: Fetcher, first: bytes, drop: bytes
) -> None:
    error = _refusal(fetcher, _serve(server, _drip(server, first, drop)), seconds=0.3)
    assert "0.3 seconds" in str(error)
    assert not error.final


def test_a_port_that_never_shakes_hands_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fetcher = Fetcher(Egress(allow=("127.0.0.1",), ca_bundle=""))
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        assert "0.2 seconds" in str(_refusal(fetcher, url, seconds=0.2))


# -- who it is


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with https_server({"/jwks": KEYS}, tmp_path, names=["other.example"]) as other:
        fetcher = Fetcher(other.egress("localhost", "127.0.0.1"))
        for host in ("localhost", "127.0.0.1"):
            error = _refusal(fetcher, other.url("/jwks", host))
            assert "certificate" in str(error)
            assert not error.final
        assert other.requests == []


def test_a_certificate_that_nobody_vouches_for_is_refused(server: HttpsServer) -> None:
    before = len(server.requests)
    fetcher = Fetcher(Egress(allow=("localhost",), ca_bundle=""))
    assert "certificate" in str(_refusal(fetcher, server.url("/jwks")))
    assert len(server.requests) == before


def test_an_address_can_have_a_certificate_too(server: HttpsServer, fetcher: Fetcher) -> None:
    assert fetcher.get(server.url("/jwks", "127.0.0.1")).body == KEYS


@pytest.mark.filterwarnings("ignore:.*TLSv1_1:DeprecationWarning")
@pytest.mark.parametrize(
    ("newest", "taken"), [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)]
)
def test_old_tls_is_not_spoken(tmp_path: Path, newest: ssl.TLSVersion, taken: bool) -> None:
    with https_server({"/jwks": KEYS}, tmp_path, newest=newest) as old:
        fetcher = Fetcher(old.egress())
        if taken:
            assert fetcher.get(old.url("/jwks")).body == KEYS
        else:
            assert "TLS" in str(_refusal(fetcher, old.url("/jwks")))
            assert old.requests == []


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_bundle_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        fetcher = Fetcher(Egress(allow=("127.0.0.1",), ca_bundle=str(bundle)))
        error = _refusal(fetcher, f"https://127.0.0.1:{listening.getsockname()[1]}/")
    assert "egress.ca_bundle" in str(error)


def test_an_error_tells_nothing_of_the_address_or_the_answer(
    server: HttpsServer, fetcher: Fetcher
) -> None:
    def secret(_request: Received) -> Raw:
        return Raw([b"HTTP/1.1 hush-hush\r\n\r\nhush-hush"])

    server.routes["/hush-hush"] = secret
    assert "hush" not in str(_refusal(fetcher, server.url("/hush-hush?hush=hush")))
    assert "hush" not in repr(fetcher.get(_serve(server, Answer(b"hush"))))
