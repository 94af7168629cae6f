"""A process that is to go takes no new connection, and cuts none of those that it has.

HTTP/1.1 lets a client send the next request on an open connection at any moment (RFC 9112 section
9.5), and a server that closes it at that moment loses it. So each answer from now on says that it
is the last (section 9.6), and the connections that are left are closed when nothing has come for a
while. Linux alone tells a process its sockets; elsewhere the server closes idle ones at once.
"""

import os
import select
import socket
import threading
import time
from contextlib import suppress

from idp.serving import crowding, queues
from idp.serving.gateway import Gateway

SOON_SECONDS = 0.5
"""A process that is told to end waits for so long with nobody asking anything …"""
IDLE_SECONDS = 11.0
"""… and one whose place others have taken for so long: idle connections are closed before, by who
made them or by the time for the next request."""
_LOOK_SECONDS = 0.05


class Leaving:
    """The end of a process that serves."""

    def __init__(self, gateway: Gateway, listening: int) -> None:
        """`listening` is the number of the socket from which the server takes connections."""
        self._gateway = gateway
        self._listening = listening
        self._port = _port(listening)
        self._quiet = float("inf")
        self._lock = threading.Lock()

    def wait(self, quiet: float) -> bool:
        """Take nothing new; return when no connection is left, or `quiet` seconds passed silently.

        A second caller with less patience makes the first one hurry, and gets False at once.
        """
        with self._lock:
            first = self._quiet == float("inf")
            self._quiet = min(self._quiet, quiet)
        if first:
            since = self._gateway.leave()
            queues.emptied(self._listening, SOON_SECONDS)
            stop_taking(self._listening)
            self._wait(since)
        return first

    def _wait(self, since: float) -> None:
        while crowding.count(self._port):
            silent = time.monotonic() - max(since, self._gateway.last_arrival)
            if silent >= self._quiet:
                return
            time.sleep(_LOOK_SECONDS)


def stop_taking(listening: int) -> None:
    """Take no more connections from this socket, in this process; others go on with it.

    The server's runtime hears of new ones by epoll: it is taken off there first, because an entry
    that stays behind would be told of to a runtime that has forgotten it. Then the number becomes
    that of a socket to which nobody can come, so that we do not hold the port any longer.
    """
    for number in _polls():
        # A copy, because Python closes what it wraps.
        with suppress(OSError), select.epoll.fromfd(os.dup(number)) as poll:
            poll.unregister(listening)
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind("")
        nobody.listen(0)
        nobody.setblocking(False)
        os.dup2(nobody.fileno(), listening, inheritable=False)


def _polls() -> list[int]:
    """Return the numbers of this process's epoll files."""
    found = []
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):
            with suppress(OSError):
                if os.readlink(f"/proc/self/fd/{name}") == "anon_inode:[eventpoll]":
                    found.append(int(name))
    return found


def _port(number: int) -> int:
    with socket.socket(fileno=os.dup(number)) as one:
        port: int = one.getsockname()[1]
        return port
