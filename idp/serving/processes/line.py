"""The line between the main process and each of its own: one JSON object in each direction's lines.

A child that reads the end of it has lost its main process.
"""

import json
import socket
import threading
from collections.abc import Callable
from typing import Any

GO = "go"
"""From the main process: begin, everything is well. With it comes the socket to listen at."""
RETIRE = "retire"
"""From the main process: others have taken over, answer what is still asked of you and end."""
LOADED = "loaded"
"""From a child: it could begin."""
SERVES = "serves"
"""From a child that serves: it takes connections."""
REFUSED = "refused"
"""From a child: it cannot begin, and why."""


def encoded(word: str, **values: Any) -> bytes:
    """Return one message for the line."""
    return json.dumps({"word": word, **values}).encode() + b"\n"


class Line:
    """The child's end."""

    def __init__(self, number: int, retire: Callable[[], None], lost: Callable[[], None]) -> None:
        """`number` is the file's; `retire` and `lost` are called in a thread of its own."""
        self._socket = socket.socket(fileno=number)
        self._go = threading.Event()
        self._handed: list[int] = []
        self._on = {GO: self._go.set, RETIRE: retire}
        self._lost = lost
        threading.Thread(target=self._listen, name="acrux-line", daemon=True).start()

    def say(self, word: str, **values: Any) -> None:
        """Tell the main process; who has lost it says nothing."""
        try:
            self._socket.sendall(encoded(word, **values))
        except OSError:
            return

    def wait_to_go(self) -> list[int]:
        """Wait until the main process says so; return the numbers of the files that it handed."""
        self._go.wait()
        return self._handed

    def _listen(self) -> None:
        rest = b""
        try:
            while coming := self._next():
                *whole, rest = (rest + coming).split(b"\n")
                for message in whole:
                    self._on[json.loads(message)["word"]]()
        except OSError:
            # It is gone.
            pass
        self._lost()

    def _next(self) -> bytes:
        coming, files, _, _ = socket.recv_fds(self._socket, 65536, 1)
        self._handed += files
        return coming
