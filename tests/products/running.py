"""Products as processes: registered by `acrux client add --like`, started, waited for, ended."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.support.programs.servers import end
from tests.support.programs.tls import TlsSite

HERE = Path(__file__).parent
START_SECONDS = 120
"""A Java application on a busy machine takes most of a minute."""


@dataclass(frozen=True)
class Registered:
    """A client as the command printed it, with the settings for the product's side."""

    client_id: str
    settings: str
    secret: str


def register(site: TlsSite, like: str, at: str, *words: str) -> Registered:
    """Register a product as an operator does."""
    command = [
        *(sys.executable, "-m", "idp", "client", "add", like, "--like", like, "--at", at),
        *("--first-party", "--json", *words),
    ]
    environ = {**os.environ, **site.environ}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return Registered(told["client_id"], told["settings"], told.get("client_secret", ""))


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    log: Path,
    environ: Mapping[str, str] | None = None,
    *,
    ready: str = "",
) -> Iterator[None]:
    """Run a product that listens on `port` of this machine, and end it afterwards.

    `ready` is an address that answers 200 once it is; without one, listening is enough.
    """
    with log.open("w") as file:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(environ or {})},
            cwd=log.parent,
            stdout=file,
            stderr=file,
            stdin=subprocess.DEVNULL,
        )
    try:
        _wait(process, port, log, ready)
        yield
    finally:
        end(process)


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path, ready: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with suppress(OSError, requests.RequestException):
            socket.create_connection(("localhost", port), 1).close()
            if not ready or requests.get(ready, timeout=5, verify=False).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"it does not listen on {port}: {log.read_text()}")
