"""Bytes on a connection, for requests that no HTTP library would send."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SECONDS = 30


@contextmanager
def connection(port: int) -> Iterator[socket.socket]:
    """Yield a connection to a server on the loopback address."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as found:
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield found


def head(method: str, path: str, *lines: str, host: str | None = "localhost") -> bytes:
    """Return a request's line and headers."""
    hosts = [] if host is None else [f"Host: {host}"]
    return "\r\n".join((f"{method} {path} HTTP/1.1", *hosts, *lines, "", "")).encode("latin-1")


def read_to_end(found: socket.socket) -> bytes:
    """Return what comes until the server closes the connection; fail when it does not."""
    parts = []
    with suppress(ConnectionResetError):
        while piece := found.recv(65536):
            parts.append(piece)
    return b"".join(parts)


def exchange(port: int, request: bytes) -> str:
    """Send bytes, and return all that comes until the server closes the connection."""
    with connection(port) as found:
        found.sendall(request)
        return read_to_end(found).decode("latin-1")


def status(answer: str) -> int:
    """Return the status of the first answer in what came."""
    assert answer.startswith("HTTP/1.1 "), answer
    return int(answer.split(" ", 2)[1])
