"""The load: keep-alive connections that each walk one operation after another, in one thread.

It parses no more of an answer than the operations read, so that it never is the bottleneck; its own
CPU time is measured beside the server's.
"""

import re
import selectors
import socket
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

from benchmarks.machine import Reading

PATIENCE = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)
_COOKIES = re.compile(rb"\r\nset-cookie: *([^=;\r]+)=([^;\r]*)", re.IGNORECASE)


class Ask(NamedTuple):
    """A request. `headers` are whole lines, each with its line end."""

    method: str
    path: str
    headers: str = ""
    body: str = ""


class Reply(NamedTuple):
    """An answer; `head` begins with the status line."""

    status: int
    head: bytes
    body: bytes

    @property
    def location(self) -> str:
        found = _LOCATION.search(self.head)
        return found[1].decode() if found else ""

    @property
    def cookies(self) -> dict[str, str]:
        """Every cookie that is set, whosever it is."""
        return {name.decode(): value.decode() for name, value in _COOKIES.findall(self.head)}


Operation = Generator[Ask, Reply, Any]
"""One thing that someone does with the provider, in one or several requests."""


class Unexpected(Exception):
    """The server answered something that the operation cannot go on with."""


class Connection:
    """One keep-alive connection, walking one operation at a time."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = f"{host}:{port}"
        self._buffer = b""
        self._operation: Operation | None = None
        self.began = 0.0

    def begin(self, operation: Operation) -> None:
        """Send the first request of an operation."""
        self._operation = operation
        self.began = time.perf_counter()
        self._send(next(operation))

    def receive(self) -> bool:
        """Take in what has arrived; True when that ended the operation."""
        more = self.socket.recv(65536)
        if not more:
            raise Unexpected("the server closed a connection")
        self._buffer += more
        reply = self._reply()
        if reply is None:
            return False
        assert self._operation is not None
        try:
            self._send(self._operation.send(reply))
        except StopIteration:
            return True
        return False

    def finish(self) -> None:
        """Wait until the operation at hand has ended."""
        while not self.receive():
            pass

    def _reply(self) -> Reply | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self._buffer[:end]
        length = _LENGTH.search(head)
        if length is None:
            raise Unexpected(f"an answer without Content-Length: {head[:200]!r}")
        last = end + 4 + int(length[1])
        if len(self._buffer) < last:
            return None
        body, self._buffer = self._buffer[end + 4 : last], self._buffer[last:]
        return Reply(int(head[9:12]), head, body)

    def _send(self, ask: Ask) -> None:
        form = ""
        if ask.method == "POST":
            form = (
                "Content-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(ask.body)}\r\n"
            )
        start = f"{ask.method} {ask.path} HTTP/1.1\r\nHost: {self._host}\r\n"
        self.socket.sendall(f"{start}{ask.headers}{form}\r\n{ask.body}".encode("ascii"))


def drive(
    connections: Sequence[Connection],
    sources: Sequence[Callable[[], Operation]],
    *,
    warm_up: float,
    seconds: float,
    meter: Callable[[], Reading],
) -> tuple[list[float], Reading]:
    """Walk operations from `sources`, one per connection; return latencies and what it took.

    Latencies are in seconds, of the operations that ended between the two readings of `meter`.
    """
    latencies: list[float] = []
    before: Reading | None = None
    change = time.perf_counter() + warm_up
    with selectors.DefaultSelector() as selector:
        for connection, source in zip(connections, sources, strict=True):
            selector.register(connection.socket, selectors.EVENT_READ, (connection, source))
            connection.begin(source())
        while True:
            if time.perf_counter() >= change:
                if before is not None:
                    after = meter()
                    break
                latencies.clear()
                before = meter()
                change = before.clock + seconds
            for key, _ in selector.select(0.1):
                connection, source = key.data
                if connection.receive():
                    latencies.append(time.perf_counter() - connection.began)
                    connection.begin(source())
    for connection in connections:
        connection.finish()
    return latencies, after.since(before)
