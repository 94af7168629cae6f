"""What the service manager is told of our state (sd_notify(3)), where one asks for it."""

import socket
import time
from collections.abc import MutableMapping

_VARIABLE = "NOTIFY_SOCKET"


class Manager:
    """systemd, or nobody."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        """Take the manager's address out of `environ`: it is not for our own processes."""
        self._address = environ.pop(_VARIABLE, "")

    def ready(self, text: str) -> None:
        """Say that connections are served."""
        self._say("READY=1", f"STATUS={text}")

    def reloading(self) -> None:
        """Say that others are about to take over; `ready` says when that is over."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._say("RELOADING=1", f"MONOTONIC_USEC={microseconds}", "STATUS=Starting new processes")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._say("STOPPING=1", "STATUS=Answering what was asked")

    def _say(self, *lines: str) -> None:
        if not self._address:
            return
        # A name that begins with @ is one of Linux's abstract ones.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
                one.sendto("\n".join(lines).encode(), address)
        except OSError:
            # Who does not listen need not know.
            return
