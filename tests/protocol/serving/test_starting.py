"""A server starts where its log has no room, and may be told to end before it has started."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.cli.test_cli_serve import SECONDS, ready, until, workers_of
from tests.protocol.command import Acrux
from tests.support.site import free_port

pytestmark = pytest.mark.slow


def starts(acrux: Acrux, port: int, errors: Any) -> "subprocess.Popen[str]":
    words = ("serve", "--bind", f"127.0.0.1:{port}", "--workers", "1")
    return subprocess.Popen(
        [sys.executable, "-m", "idp", *words],
        env=acrux.process_environ(),
        stderr=errors,
        text=True,
        start_new_session=True,
    )


def test_a_log_without_room_ends_no_server(small_acrux: Acrux) -> None:
    port = free_port()
    with Path("/dev/full").open("w") as full:
        process = starts(small_acrux, port, full)
    try:
        until(lambda: ready(f"http://127.0.0.1:{port}"), process)
        [before] = workers_of(process)
        # Once it is replaced, all that is told of the start has been.
        os.kill(before, signal.SIGKILL)
        until(lambda: set(workers_of(process)) - {before}, process)
        until(lambda: ready(f"http://127.0.0.1:{port}"), process)
    finally:
        process.terminate()
    assert process.wait(SECONDS) == 0


def has_ended(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


def test_all_processes_told_to_end_while_they_start_is_no_failure(small_acrux: Acrux) -> None:
    """As systemd does unless it is told otherwise, and a shell that goes away."""
    process = starts(small_acrux, free_port(), subprocess.PIPE)
    until(lambda: workers_of(process), process)
    [one] = workers_of(process)
    # The main process is the last to notice.
    os.kill(process.pid, signal.SIGSTOP)
    os.killpg(process.pid, signal.SIGTERM)
    until(lambda: has_ended(one), process)
    os.kill(process.pid, signal.SIGCONT)
    said = process.communicate(timeout=SECONDS)[1]
    assert (process.returncode, said) == (0, "")
