"""Programs of others that listen on a port."""

import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

START_SECONDS = 60


def until_it_listens(process: "subprocess.Popen[Any]", port: int, log: Callable[[], str]) -> None:
    """Wait until a program takes connections; fail with its log when it ends or never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2):
            return
        time.sleep(0.05)
    raise AssertionError("it did not listen: " + log())
