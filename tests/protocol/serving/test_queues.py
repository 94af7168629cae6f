"""Before a socket that listens is closed no one else is let in, and who waits is taken."""

import socket
import time
from pathlib import Path

import pytest

from idp.serving import queues


def test_whoever_came_before_is_still_taken_and_no_one_comes_after() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as door,
        socket.create_connection(door.getsockname()) as first,
    ):
        queues.bar(door)
        with pytest.raises(TimeoutError):
            socket.create_connection(door.getsockname(), timeout=0.3)
        began = time.monotonic()
        queues.emptied(door.fileno(), 0.2)
        assert time.monotonic() - began >= 0.2, "somebody waits to be taken"
        taken, _ = door.accept()
        with taken:
            queues.emptied(door.fileno(), 60)
            assert time.monotonic() - began < 30, "no one waits any more"
            first.sendall(b"asked")
            assert taken.recv(5) == b"asked"


def test_a_file_that_is_no_socket_is_left_alone() -> None:
    with Path("/dev/null").open() as file:
        queues.emptied(file.fileno(), 0.1)
