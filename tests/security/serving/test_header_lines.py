"""No header line passes for another, and a request says once where it goes and where it ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.site import Site
from tests.support.wire import connection, exchange, head, read_to_end, status


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A real server that trusts a proxy on this machine."""
    folder: Path = tmp_path_factory.mktemp("site")
    url = f"sqlite:///{folder / 'acrux.db'}"
    site = Site(folder, url, server__trusted_proxies="127.0.0.0/8")
    with site.serve(workers=1):
        yield site
    site.close()


def source_of(site: Site, *lines: str) -> str | None:
    """Send a request that is recorded, with these header lines, and return its source.

    Each has a minute of its own: what is alike within one is counted, not recorded again.
    """
    site.advance(60)
    request = head("GET", "/authorize?client_id=nobody", *lines, "Connection: close")
    assert status(exchange(site.port, request)) == 400
    return site.events()[0].source


FORGED = (
    "X_Forwarded_For: 7.7.7.7",
    "X_Forwarded-For: 7.7.7.7",
    "X-Forwarded_For: 7.7.7.7",
    "x_forwarded_for: 7.7.7.7",
)


@pytest.mark.parametrize("forged", FORGED)
def test_a_name_with_underscores_is_no_forwarded_for(served: Site, forged: str) -> None:
    honest = "X-Forwarded-For: 192.0.2.9"
    for lines in ((honest, forged), (forged, honest), (forged, honest, forged)):
        assert source_of(served, *lines) == "192.0.2.9"
    assert source_of(served, forged) == "127.0.0.1"


def test_of_several_lines_the_last_hop_counts(served: Site) -> None:
    lines = ("X-Forwarded-For: 7.7.7.7", "X-Forwarded-For: 8.8.8.8, 192.0.2.9")
    assert source_of(served, *lines) == "192.0.2.9"
    assert source_of(served, *reversed(lines)) == "7.7.7.7"


@pytest.mark.parametrize(
    "line",
    [
        "Forwarded: for=7.7.7.7",
        "X-Real-IP: 7.7.7.7",
        "X-Client-IP: 7.7.7.7",
        "True-Client-IP: 7.7.7.7",
        "CF-Connecting-IP: 7.7.7.7",
        "Remote-Addr: 7.7.7.7",
        "Remote_Addr: 7.7.7.7",
    ],
)
def test_other_names_for_an_address_are_never_read(served: Site, line: str) -> None:
    assert source_of(served, line) == "127.0.0.1"
    assert source_of(served, line, "X-Forwarded-For: 192.0.2.9") == "192.0.2.9"


@pytest.mark.parametrize(
    "line",
    [
        "Content_Type: application/x-www-form-urlencoded",
        "Authorization_: Basic bm9ib2R5Og==",
        "Content_Length: 3",
    ],
)
def test_no_other_header_can_be_said_with_underscores(served: Site, line: str) -> None:
    body = "grant_type=x"
    request = head("POST", "/token", line, "Content-Length: 12", "Connection: close")
    answer = exchange(served.port, request + body.encode())
    assert status(answer) == 400, "no form, as no Content-Type said so"
    assert '"invalid_request"' in answer


@pytest.mark.parametrize(
    ("host", "lines"),
    [(None, ()), ("localhost", ("Host: evil.example",)), ("localhost", ("Host: localhost",))],
)
def test_a_request_has_exactly_one_host(
    served: Site, host: str | None, lines: tuple[str, ...]
) -> None:
    answer = exchange(served.port, head("GET", "/healthz", *lines, host=host))
    assert status(answer) == 400
    assert "connection: close" in answer.lower()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/healthz?x=\u20ac", 200),
        ("/healthz?x=\xe9", 200),
        ("/authorize?client_id=app\u20ac", 400),
        ("/\u20ac", 404),
    ],
)
def test_an_address_in_bytes_of_utf_8_is_read(served: Site, path: str, expected: int) -> None:
    raw = path.encode().decode("latin-1")
    answer = exchange(served.port, head("GET", raw, "Connection: close"))
    assert status(answer) == expected
    assert "content-security-policy" in answer.lower() or expected == 200


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Cookie", "Authorization"])
def test_a_line_that_cannot_be_read_is_not_taken_for_none(served: Site, name: str) -> None:
    answer = exchange(served.port, head("GET", "/healthz", f"{name}: 7.7.7.7 \xff"))
    assert status(answer) == 400
    assert f"the line {name} holds bytes that are not ASCII" in answer


def test_a_line_that_means_nothing_may_hold_anything(served: Site) -> None:
    lines = ("User-Agent: caf\xe9", "Connection: close")
    assert status(exchange(served.port, head("GET", "/healthz", *lines))) == 200


def test_a_request_of_http_1_0_needs_no_host(served: Site) -> None:
    with connection(served.port) as found:
        found.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert " 200 " in read_to_end(found).decode().splitlines()[0]


def test_where_two_headers_tell_the_end_the_connection_ends(served: Site) -> None:
    """RFC 9112 section 6.3: what a proxy took for the next request is never answered."""
    smuggled = head("GET", "/healthz")
    first = head(
        "POST", "/token", f"Content-Length: {len(smuggled) + 5}", "Transfer-Encoding: chunked"
    )
    answer = exchange(served.port, first + b"0\r\n\r\n" + smuggled)
    assert status(answer) == 400
    assert answer.count("HTTP/1.1 ") == 1
