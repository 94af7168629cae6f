"""How many connections one address may hold open in a process; the newest of more are ended.

The server takes connections where no Python runs, so they are looked at from beside it: a process
sees its own sockets. How many it holds in all is the server's own limit, and idle ones it closes
itself. Proxies that are trusted carry everyone's connections, and are left alone. Linux alone
tells a process its sockets; elsewhere nothing is looked at.
"""

import logging
import os
import socket
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from idp.caller import sources
from idp.policy.throttling import throttle_keys

log = logging.getLogger("acrux.serving")
PER_SOURCE = 256
"""Connections of one source (of IPv6: its /64): enough for a house behind one address, and an
eighth of what a process takes."""
LOOK_SECONDS = 0.5
_FILES = "/proc/self/fd"
Place = tuple[str, int]
"""Address and port of a client."""


class Crowds:
    """The connections of this process, looked at again and again in a thread."""

    def __init__(self, proxies: Iterable[str] = (), most: int = PER_SOURCE) -> None:
        self._proxies = sources.networks(proxies)
        self._most = most
        self._known: dict[Place, None] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="acrux-crowds", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while os.path.isdir(_FILES) and not self._over.wait(LOOK_SECONDS):
            try:
                ended = self._thin()
            except Exception:
                log.exception("connections could not be counted")
                continue
            if ended:
                log.warning("%d connections ended: their addresses hold too many", ended)

    def _thin(self) -> int:
        """End the newest connections of every source that has too many; return how many."""
        here = dict(_connections(sorted(map(int, os.listdir(_FILES)))))
        # Older ones first: those that were here at the last look, in their order.
        places = [place for place in self._known if place in here]
        places += [place for place in here if place not in self._known]
        self._known = dict.fromkeys(places)
        held: Counter[str] = Counter()
        ended = 0
        for place in places:
            source = throttle_keys.source(place[0])
            held[source] += 1
            if held[source] > self._most and not sources.within(place[0], self._proxies):
                ended += _end(here[place], place)
        return ended


def count(port: int) -> int:
    """Return how many connections to `port` this process holds; 0 where nothing tells."""
    if not os.path.isdir(_FILES):
        return 0
    found, _ = _sockets(map(int, os.listdir(_FILES)))
    return sum(at == port for _, _, at in found)


def _connections(numbers: Iterable[int]) -> Iterator[tuple[Place, int]]:
    """Yield who is connected to a port that this process listens at, and the file's number."""
    found, ports = _sockets(numbers)
    yield from ((place, number) for place, number, port in found if port in ports)


def _sockets(numbers: Iterable[int]) -> tuple[list[tuple[Place, int, int]], set[int]]:
    """Return who is connected, by which file and to which port of ours; and ports listened at."""
    found: list[tuple[Place, int, int]] = []
    ports = set()
    for number in numbers:
        # It may already be closed, or no socket of the internet.
        with suppress(OSError, ValueError), _at(number) as one:
            if one.family not in (socket.AF_INET, socket.AF_INET6):
                continue
            port = one.getsockname()[1]
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                ports.add(port)
            else:
                found.append((one.getpeername()[:2], number, port))
    return found, ports


@contextmanager
def _at(number: int) -> Iterator[socket.socket]:
    """Look at a socket that is the server's, and stays so."""
    found = socket.socket(fileno=number)
    try:
        yield found
    finally:
        found.detach()


def _end(number: int, place: Place) -> bool:
    """End a connection, unless its number has become another's."""
    with suppress(OSError), socket.socket(fileno=os.dup(number)) as held:
        if held.getpeername()[:2] == place:
            held.shutdown(socket.SHUT_RDWR)
            return True
    return False
