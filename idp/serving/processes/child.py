"""One process as its main process sees it: started, spoken to, and ended."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from idp.serving.processes import line

KILL_SECONDS = 15.0
"""What a process gets to end after it was told to."""
RETIRE_SECONDS = 60.0
"""What one gets whose place others have taken: longer than any request may take to come in."""


@dataclass(frozen=True)
class Role:
    """What a process is for: the module that it runs, and the words for it in the log."""

    module: str
    name: str


class State(Enum):
    """How far a process is."""

    LOADING = "loading"
    LOADED = "loaded"
    SERVES = "serves"
    LEAVING = "leaving"


class Child:
    """A process of ours, from its start to its end."""

    def __init__(self, role: Role, place: int, told: dict[str, Any]) -> None:
        """Start it; `told` is what it gets to know.

        Raises:
            OSError: the machine has no process, memory or file to give.
        """
        self.role = role
        self.place = place
        self.state = State.LOADING
        self.born = time.monotonic()
        self.deadline: float | None = None
        """When it is told to end, or killed (monotonic seconds); None while it may live."""
        self.refusal = ""
        """Why it could not begin, where it said so."""
        self.talks = True
        """False once its end of the line is closed."""
        self._rest = b""
        self.line, theirs = socket.socketpair()
        self.line.setblocking(False)
        try:
            with theirs:
                self.process = _started(role, {**told, "line": theirs.fileno()}, theirs.fileno())
        except OSError:
            self.line.close()
            raise

    def messages(self) -> list[dict[str, Any]]:
        """Return what it has said since the last call."""
        try:
            while piece := self.line.recv(65536):
                self._rest += piece
            self.talks = False
        except BlockingIOError:
            pass
        except OSError:
            self.talks = False
        *whole, self._rest = self._rest.split(b"\n")
        return [json.loads(each) for each in whole]

    def go(self, door: socket.socket | None) -> None:
        """Let it begin, at this door if it serves."""
        self._say(line.GO, [door] if door else [])

    def retire(self) -> None:
        """Tell it that others have taken its place; it goes when nobody comes to it any more."""
        self._say(line.RETIRE)
        self.state = State.LEAVING
        self.deadline = time.monotonic() + RETIRE_SECONDS

    def end(self) -> None:
        """Tell it to end soon, and see to it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.state = State.LEAVING
        self.deadline = time.monotonic() + KILL_SECONDS

    def hurry(self, now: float) -> None:
        """Kill it when its time is over."""
        if self.deadline is not None and now >= self.deadline:
            self.process.kill()
            self.deadline = None

    def close(self) -> str:
        """Give up what is left of one that has ended; return in words how it ended."""
        self.line.close()
        status = self.process.wait()
        if self.refusal:
            return f"cannot begin: {self.refusal}"
        if status < 0:
            return f"was ended by {_name(-status)}"
        return f"ended with status {status}"

    @property
    def lived(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.born

    def _say(self, word: str, files: Sequence[socket.socket] = ()) -> None:
        try:
            numbers = [file.fileno() for file in files]
            socket.send_fds(self.line, [line.encoded(word)], numbers)
        except OSError:
            # It is gone, and its end is noticed elsewhere.
            return


def _started(role: Role, told: dict[str, Any], line: int) -> "subprocess.Popen[bytes]":
    # What a terminal sends to all of us at once is for the main process alone.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        # -P: code comes from where it is installed, never from the folder we are in.
        return subprocess.Popen(  # noqa: S603 - words of our own
            [sys.executable, "-P", "-m", role.module, json.dumps(told)], pass_fds=(line,)
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
