"""The listening sockets: of our own, or handed to us by systemd (sd_listen_fds(3)).

Each place of a process that serves has one, and the kernel deals connections out among them: with
a single one the quickest process would take them all. The main process keeps them, so that what
waits at a place is there for the next process of that place.
"""

import os
import socket
import time
from collections.abc import MutableMapping
from typing import Any

from idp.errors import CommandError
from idp.serving import queues

BACKLOG = 1024
TAKEN_SECONDS = 1.0
"""For so long a taken address is asked for again: the processes of a server that was killed are
about to leave it."""
_AGAIN_SECONDS = 0.05
_FIRST = 3
"""The number of the first file that systemd hands over."""
_HANDED = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


class Doors:
    """Where the processes listen, each at a door of its own."""

    def __init__(self, address: "Address | None", handed: list[socket.socket]) -> None:
        """`handed` are systemd's sockets; where there are none, doors are opened at `address`."""
        assert address or handed
        self._address = address
        self._handed = handed
        self._open: dict[int, socket.socket] = {}

    @property
    def handed(self) -> int:
        """How many systemd has handed over."""
        return len(self._handed)

    @property
    def name(self) -> str:
        """Host and port, as they are written in an address."""
        found = self._address.place if self._address else self._handed[0].getsockname()
        host, port = found[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def at(self, place: int) -> socket.socket:
        """Return what the process of this place listens at.

        Raises:
            OSError: somebody else has the address.
        """
        if self._address is None:
            return self._handed[place % len(self._handed)]
        if place not in self._open:
            self._open[place] = self._address.listening()
        return self._open[place]

    def shut(self, place: int) -> None:
        """Shut the door behind a process that ended by itself: who comes is dealt to the others.

        One of systemd's stays open, and who comes to it waits for the next process.
        """
        if place in self._open:
            self._open.pop(place).close()

    def close(self) -> None:
        """Shut all; who has come to one of ours is still taken by the process that listens there.

        At systemd's they wait for the next one.
        """
        for one in self._open.values():
            queues.bar(one)
        for one in (*self._handed, *self._open.values()):
            one.close()
        self._open.clear()


class Address:
    """An address of the internet at which we listen."""

    def __init__(self, host: str, port: int) -> None:
        """Look it up, and see whether it can be had.

        Raises:
            CommandError: it cannot.
        """
        until = time.monotonic() + TAKEN_SECONDS
        while True:
            try:
                found = socket.getaddrinfo(
                    host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                )[0]
                self._family: int = found[0]
                self.place: Any = found[4]
                # Not to be shared: two servers at one port would each get half of what comes.
                self._bound(shared=False).close()
                return
            except OSError as error:
                if time.monotonic() >= until:
                    said = f"cannot listen at {host}:{port}: {error.strerror}"
                    raise CommandError(said) from None
            time.sleep(_AGAIN_SECONDS)

    def listening(self) -> socket.socket:
        """Return a socket that listens here, beside others of ours."""
        found = self._bound(shared=True)
        found.listen(BACKLOG)
        return found

    def _bound(self, *, shared: bool) -> socket.socket:
        found = socket.socket(self._family, socket.SOCK_STREAM)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            # What is accepted inherits it: small answers go out at once.
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found.bind(self.place)
        except OSError:
            found.close()
            raise
        return found


def handed(environ: MutableMapping[str, str]) -> list[socket.socket]:
    """Return the sockets that the service manager opened for this process, none where it did not.

    What tells of them is taken out of `environ`: it is not for our own processes.

    Raises:
        CommandError: one of them does not listen at an address of the internet, or at another one,
            or is not there.
    """
    pid, count, _ = (environ.pop(name, "") for name in _HANDED)
    if pid != str(os.getpid()) or not count.isdecimal():
        return []
    found = [_socket(number, count) for number in range(_FIRST, _FIRST + int(count))]
    for one in found:
        one.set_inheritable(False)
        if one.family not in (socket.AF_INET, socket.AF_INET6) or one.type != socket.SOCK_STREAM:
            raise CommandError("a socket handed over is not of TCP: ListenStream=HOST:PORT is")
        if not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise CommandError("a socket handed over does not listen: Accept=no is needed")
    if len({one.getsockname() for one in found}) > 1:
        raise CommandError("sockets of different addresses were handed over: one address is served")
    return found


def _socket(number: int, count: str) -> socket.socket:
    try:
        return socket.socket(fileno=number)
    except OSError as error:
        raise CommandError(
            f"LISTEN_FDS says that {count} sockets were handed over, and file {number} is none:"
            f" {error.strerror}"
        ) from None
