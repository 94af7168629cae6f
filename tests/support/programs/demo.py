"""The demo as someone runs it who typed `make demo`: a process, two ports, a terminal."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.site import free_port

START_SECONDS = 90
"""After which a start has failed, on a machine that is busy with other tests too."""
STOP_SECONDS = 15
LAST_LINE = "Ctrl-C ends it"


@dataclass
class Demo:
    """A running demo. `said` is what its terminal shows."""

    process: "subprocess.Popen[str]"
    issuer: str
    address: str
    said: str

    def stop(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """End it as Ctrl-C does; return its exit status and its last words."""
        self.process.send_signal(number)
        last, _ = self.process.communicate(timeout=STOP_SECONDS)
        return self.process.returncode, last


def variables(instance: Path, **more: str) -> dict[str, str]:
    """Return an environment that holds no setting but the instance's path, and `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ACRUX_")}
    return {**kept, "PYTHONUNBUFFERED": "1", "ACRUX_INSTANCE__PATH": str(instance), **more}


def command(port: int, rp_port: int) -> list[str]:
    """Return the command line of a demo."""
    return [sys.executable, "-m", "idp", "demo", f"--port={port}", f"--rp-port={rp_port}"]


@contextmanager
def demo(instance: Path) -> Iterator[Demo]:
    """Run a demo in `instance` on free ports."""
    port, rp_port = free_port(), free_port()
    with started(command(port, rp_port), variables(instance), instance.parent) as running:
        yield running


@contextmanager
def started(words: list[str], environ: dict[str, str], folder: Path) -> Iterator[Demo]:
    """Run the demo by the command line `words` in `folder`, on the ports that they name."""
    port, rp_port = (word.partition("=")[2] for word in words if "port=" in word)
    with (folder / "demo.log").open("w+") as errors:
        process = subprocess.Popen(
            words,
            env=environ,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            said = _read_until_ready(process)
            errors.seek(0)
            assert LAST_LINE in said, f"the demo did not start: {said}{errors.read()}"
            yield Demo(process, f"http://localhost:{port}", f"http://localhost:{rp_port}", said)
        finally:
            process.kill()
            process.communicate()


def _read_until_ready(process: "subprocess.Popen[str]") -> str:
    """Return what the demo prints until it runs, or ends, or time is up."""
    assert process.stdout is not None
    too_late = threading.Timer(START_SECONDS, process.kill)
    too_late.start()
    said = ""
    for line in process.stdout:
        said += line
        if LAST_LINE in line:
            break
    too_late.cancel()
    return said
