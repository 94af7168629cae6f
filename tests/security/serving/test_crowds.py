"""One address holds only so many connections of a process; the newest of more are ended."""

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from idp.serving import crowding
from idp.serving.granian_seam import HEADER_SECONDS
from tests.support.site import Site
from tests.support.wire import connection, head, read_to_end, status

MORE = 40
HELD = crowding.PER_SOURCE + MORE
CROWD, PROXY = "127.0.0.2", "127.0.0.3"
IN_TIME = HEADER_SECONDS - 3
"""Seconds: before the server closes what sends nothing."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A real server with one process, and a proxy in front for some."""
    folder: Path = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", server__trusted_proxies=PROXY)
    with site.serve(workers=1):
        yield site
    site.close()


@contextmanager
def crowd(port: int, address: str) -> Iterator[list[socket.socket]]:
    """Yield more connections than one source may hold, in the order in which they were made."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                socket.create_connection(("127.0.0.1", port), 30, source_address=(address, 0))
            )
            for _ in range(HELD)
        ]


def ended(connections: list[socket.socket], enough: int, seconds: float) -> set[int]:
    """Return which were closed by the server: when `enough` were, or after `seconds`."""
    found: set[int] = set()
    with selectors.DefaultSelector() as watched:
        for number, one in enumerate(connections):
            watched.register(one, selectors.EVENT_READ, number)
        until = time.monotonic() + seconds
        while len(found) < enough and (left := until - time.monotonic()) > 0:
            for key, _ in watched.select(left):
                watched.unregister(key.fileobj)
                found.add(key.data)
    return found


def answers(one: socket.socket) -> bool:
    one.sendall(head("GET", "/healthz", "Connection: close"))
    return status(read_to_end(one).decode()) == 200


def test_the_newest_connections_of_a_crowd_are_ended_and_others_are_served(served: Site) -> None:
    with crowd(served.port, CROWD) as connections:
        found = ended(connections, MORE, IN_TIME)
        assert found == set(range(crowding.PER_SOURCE, HELD))
        assert answers(connections[0]), "older ones of the same source go on"
        with connection(served.port) as another:
            assert answers(another)
    log = (served.folder / "serve.log").read_text()
    assert "connections ended" in log


def test_a_trusted_proxy_holds_as_many_as_it_needs(served: Site) -> None:
    with crowd(served.port, PROXY) as connections:
        assert ended(connections, 1, crowding.LOOK_SECONDS * 6) == set()
        assert answers(connections[-1])


def test_connections_of_many_sources_do_not_count_together(served: Site) -> None:
    with ExitStack() as stack:
        connections = [
            stack.enter_context(
                socket.create_connection(
                    ("127.0.0.1", served.port), 30, source_address=(f"127.0.1.{1 + number % 2}", 0)
                )
            )
            for number in range(2, HELD + 2)
        ]
        assert ended(connections, 1, crowding.LOOK_SECONDS * 6) == set()
