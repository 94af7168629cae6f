"""Anyone who sends a body slowly holds up no one, and is cut."""

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from idp.serving import bodies
from tests.support.site import Site
from tests.support.wire import connection, head, read_to_end, status

DRIPPERS = 100
PATIENCE = bodies.SECONDS + 20
"""Seconds: the deadline, and what a busy machine may take on top."""
FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Site]:
    """A real server with one process."""
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}")
    with site.serve(workers=1):
        yield site
    site.close()


class Drippers:
    """Connections that each send a byte of their body now and then; and what they were told."""

    def __init__(self, stack: ExitStack, port: int, count: int, request: bytes) -> None:
        self._alive = selectors.DefaultSelector()
        stack.callback(self._alive.close)
        self.told: list[int] = []
        for _ in range(count):
            found = stack.enter_context(connection(port))
            found.sendall(request)
            self._alive.register(found, selectors.EVENT_READ)

    def alive(self) -> int:
        return len(self._alive.get_map())

    def go_on(self, byte: bytes) -> None:
        """Look who was answered for at most a second, then let the others send a byte."""
        for key, _ in self._alive.select(1):
            assert isinstance(key.fileobj, socket.socket)
            self._alive.unregister(key.fileobj)
            self.told.append(status(read_to_end(key.fileobj).decode()))
        for key in self._alive.get_map().values():
            assert isinstance(key.fileobj, socket.socket)
            try:
                key.fileobj.sendall(byte)
            except OSError:
                continue


@pytest.mark.parametrize(
    ("path", "length", "begin", "byte"),
    [
        ("/token", "Content-Length: 60000", b"a", b"a"),
        ("/authorize", "Transfer-Encoding: chunked", b"1\r\na\r\n", b"1\r\na\r\n"),
    ],
)
def test_a_hundred_dripping_bodies_stop_nobody_and_are_cut_in_time(
    served: Site, path: str, length: str, begin: bytes, byte: bytes
) -> None:
    with ExitStack() as stack:
        session = stack.enter_context(requests.Session())
        session.trust_env = False
        request = head("POST", path, FORM, length) + begin
        drippers = Drippers(stack, served.port, DRIPPERS, request)
        since = time.monotonic()
        while drippers.alive():
            for probe in ("/healthz", "/.well-known/openid-configuration", "/account/"):
                assert session.get(served.issuer + probe, timeout=5).status_code == 200
            drippers.go_on(byte)
            assert time.monotonic() < since + PATIENCE, f"{drippers.alive()} are still open"
        assert drippers.told == [408] * DRIPPERS


def test_of_one_source_only_so_many_bodies_are_waited_for(served: Site) -> None:
    """The others are cut long before the deadline, and the source can go on with whole ones."""
    with ExitStack() as stack:
        request = head("POST", "/token", FORM, "Content-Length: 60000")
        drippers = Drippers(stack, served.port, bodies.PER_SOURCE + 20, request)
        since = time.monotonic()
        while len(drippers.told) < 20:
            drippers.go_on(b"a")
        assert time.monotonic() < since + bodies.SECONDS
        assert served.client().send("POST", "/token", {"grant_type": "x"}).status == 401


def test_a_slow_body_that_comes_in_time_is_served(served: Site) -> None:
    body = b"grant_type=authorization_code&code=nothing&client_id=nobody"
    with connection(served.port) as found:
        found.sendall(head("POST", "/token", FORM, f"Content-Length: {len(body)}"))
        for place in range(len(body)):
            found.sendall(body[place : place + 1])
        answer = found.recv(65536).decode()
        assert status(answer) == 401
        assert '"invalid_client"' in answer
        # The connection goes on, with a body in pieces of the sender's own.
        found.sendall(
            head("POST", "/token", FORM, "Transfer-Encoding: chunked", "Connection: close")
        )
        found.sendall(b"8\r\ngrant_ty\r\n4\r\npe=x\r\n0\r\n\r\n")
        assert status(read_to_end(found).decode()) == 401


@pytest.mark.parametrize(
    "request_bytes",
    [
        head("POST", "/token", FORM, "Content-Length: 40") + b"grant_type=client_credentials",
        head("POST", "/token", FORM, "Transfer-Encoding: chunked") + b"12\r\ngrant_type=cl",
    ],
)
def test_a_body_that_breaks_off_is_never_looked_at(served: Site, request_bytes: bytes) -> None:
    with connection(served.port) as found:
        found.sendall(request_bytes)
        found.shutdown(socket.SHUT_WR)
        answer = read_to_end(found).decode()
    assert "invalid_client" not in answer
    assert answer == "" or status(answer) == 400


@pytest.mark.parametrize("path", ["/token", "/authorize"])
def test_a_body_beyond_the_largest_is_refused_before_it_has_come(served: Site, path: str) -> None:
    with connection(served.port) as found:
        found.sendall(head("POST", path, FORM, "Content-Length: 70000") + b"a=")
        assert status(read_to_end(found).decode()) == 413
    with connection(served.port) as found:
        found.sendall(head("POST", path, FORM, "Transfer-Encoding: chunked"))
        for _ in range(9):
            found.sendall(b"2000\r\n" + b"a" * 0x2000 + b"\r\n")
        assert status(read_to_end(found).decode()) == 413
