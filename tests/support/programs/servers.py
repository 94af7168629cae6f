"""Programs that listen on a port: waited for, and ended."""

import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.support.programs import warm

START_SECONDS = 60
STOP_SECONDS = 20


def until_it_listens(process: "subprocess.Popen[Any]", port: int, log: Callable[[], str]) -> None:
    """Wait until a program takes connections; fail with its log when it ends or never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2):
            return
        time.sleep(0.05)
    raise AssertionError("it did not listen: " + log())


def end(process: warm.Process | subprocess.Popen[str], within: float = STOP_SECONDS) -> None:
    """Ask a program to end, and end it when it has not done so `within` seconds."""
    process.terminate()
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
