"""A server starts where its log has no room, and may be told to end before it has started."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from tests.protocol.cli.test_cli_serve import SECONDS, ready, until, workers_of
from tests.protocol.command import Acrux
from tests.support.site import free_port
from tests.support.stand_ins.smtp import self_signed

pytestmark = pytest.mark.slow


def starts(acrux: Acrux, port: int, errors: Any, *more: str) -> "subprocess.Popen[str]":
    words = ("serve", "--bind", f"127.0.0.1:{port}", "--workers", "1")
    return subprocess.Popen(
        [sys.executable, "-m", "idp", *words, *more],
        # What has no room stays in Python's buffer, unless the environment forbids buffers.
        env=acrux.process_environ() | {"PYTHONUNBUFFERED": ""},
        # Where there is no terminal, questions are asked here; nobody answers.
        stdin=subprocess.PIPE,
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
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_a_key_with_a_pass_phrase_is_refused_and_nobody_is_asked_for_it(
    small_acrux: Acrux, tmp_path: Path
) -> None:
    file, encrypted = self_signed(tmp_path), tmp_path / "encrypted.pem"
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    encrypted.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"words"),
        )
    )
    files = ("--cert", str(file), "--key", str(encrypted))
    process = starts(small_acrux, free_port(), subprocess.PIPE, *files)
    assert process.wait(SECONDS) == 1
    assert "the server cannot start" in process.communicate()[1]


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
