"""Bodies on their way in: none takes a thread, and each has a deadline and a least rate.

A request is handed on only when its body is here. Anyone who drips is cut with 408, the oldest
first where one source has many; a body beyond the largest is handed on unread, for the application
to refuse. Owns when a body is cut; never what is in it.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from idp.policy.throttling import throttle_keys

SECONDS = 10
"""What a body may take …"""
BYTES_PER_SECOND = 1000
"""… and a second more for each so many bytes that have come …"""
LONGEST_SECONDS = 40
"""… up to this."""
SETTLED_SECONDS = 1
"""A body that is still coming after this long counts as one that is waited for."""
PER_SOURCE = 32
"""Bodies of one source that a process waits for; the oldest of more are cut."""
PLACES = 512
"""Bodies that a process takes in at once, from all who send them; more are refused with 503."""
LARGE_PLACES = 4
"""Of these, so many may be larger than a form is: each stands in memory as a whole."""
TICK_SECONDS = 0.5

Handler = Callable[[Any, Any, bytes], None]
Refusal = Callable[[Any, int, str], None]


class Reading:
    """One body: asks for piece after piece, until it is whole, over the largest, or cut.

    The server calls it in one of its threads with each piece, see `idp.serving.granian_seam`.
    """

    __slots__ = (
        "_future",
        "_room",
        "headers",
        "key",
        "length",
        "parts",
        "received",
        "since",
        "watcher",
    )

    def __init__(
        self, room: "Room", watcher: Any, headers: Any, key: str, length: int | None
    ) -> None:
        self._room = room
        self._future: Any = None
        self.watcher = watcher
        self.headers = headers
        self.key = key
        self.length = length
        self.parts: list[bytes] = []
        self.received = 0
        self.since = time.monotonic()

    def begin(self) -> None:
        """Ask for the first piece."""
        self.watcher.proto.__aiter__()
        self._ask(self.watcher.proto)

    def __call__(self, future: Any) -> None:
        """Take a piece. An empty one is the end, or that the client went away."""
        watcher, self._future = self.watcher, None
        if watcher is None or future.cancelled():
            return
        piece = future.result()
        if piece:
            self.parts.append(piece)
            self.received += len(piece)
            if self._is_enough():
                self._room.complete(self)
            else:
                self._ask(watcher.proto)
        elif self.length is None and _is_over(watcher.proto):
            self._room.complete(self)
        else:
            self._room.refuse(self, 400, "the body is not whole")

    def leave(self) -> Any:
        """Stop waiting, and give the request away: who holds it keeps its connection open.

        The future and this reading know each other, which no garbage collector would see.
        """
        future, self._future = self._future, None
        if future is not None:
            future.cancel()
        watcher, self.watcher = self.watcher, None
        return watcher

    def is_late(self, now: float) -> bool:
        """Return True if it has had its time (monotonic seconds)."""
        allowed = min(SECONDS + self.received / BYTES_PER_SECOND, LONGEST_SECONDS)
        return now >= self.since + allowed

    def _ask(self, proto: Any) -> None:
        self._future = future = proto.__anext__()
        future.add_done_callback(self)
        if self.watcher is None:
            # It was given away meanwhile.
            future.cancel()
            self._future = None

    def _is_enough(self) -> bool:
        if self.length is None:
            return self.received > self._room.largest
        return self.received >= self.length


def _is_over(proto: Any) -> bool:
    """After the last piece the server ends the stream; after a fault it would go on asking."""
    try:
        proto.__anext__().cancel()
    except StopAsyncIteration:
        return True
    return False


class Room:
    """The bodies that a process waits for."""

    def __init__(self, largest: int, serve: Handler, refuse: Refusal) -> None:
        self.largest = largest
        self._serve = serve
        self._refuse = refuse
        self._waiting: dict[Reading, None] = {}
        self._changed = threading.Condition()
        self._over = False
        self._sleeps = False
        """Who looks after bodies has none, and is to be woken by the next; else it has a tick."""
        self._watch = threading.Thread(target=self._look, name="acrux-bodies", daemon=True)
        self._watch.start()

    def take_in(self, watcher: Any, headers: Any, source: str, length: int | None) -> None:
        """Wait for the body of a request, then serve it; `length` is None where none is told."""
        reading = Reading(self, watcher, headers, throttle_keys.source(source), length)
        with self._changed:
            full = len(self._waiting) >= PLACES or (self._is_large(length) and self._large_full())
            if not full:
                self._waiting[reading] = None
                if self._sleeps:
                    self._sleeps = False
                    self._changed.notify()
        if full:
            self._refuse(watcher, 503, "too many requests are coming in")
        else:
            reading.begin()

    def complete(self, reading: Reading) -> None:
        """A body is here: serve its request in this very thread."""
        if self._claim(reading):
            self._serve(reading.leave(), reading.headers, b"".join(reading.parts))

    def refuse(self, reading: Reading, status: int, reason: str) -> None:
        """Answer a request without its body."""
        if self._claim(reading):
            self._refuse(reading.leave(), status, reason)

    def close(self) -> None:
        """Look after bodies no more."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._watch.join()

    def _is_large(self, length: int | None) -> bool:
        return length is not None and length > self.largest

    def _large_full(self) -> bool:
        return sum(self._is_large(one.length) for one in self._waiting) >= LARGE_PLACES

    def _claim(self, reading: Reading) -> bool:
        """Return True for the one who may answer this request."""
        with self._changed:
            return self._waiting.pop(reading, reading) is None

    def _look(self) -> None:
        while self._wait():
            for reading in self._dripping(time.monotonic()):
                self.refuse(reading, 408, "the body did not come in time")

    def _wait(self) -> bool:
        """Sleep while nothing is waited for, else for a tick; False when it is over."""
        with self._changed:
            while not self._waiting and not self._over:
                self._sleeps = True
                self._changed.wait()
            self._changed.wait_for(lambda: self._over, TICK_SECONDS)
            return not self._over

    def _dripping(self, now: float) -> list[Reading]:
        """Return those that have had their time, and the oldest of a source that has too many."""
        with self._changed:
            waiting = list(self._waiting)
        late = [reading for reading in waiting if reading.is_late(now)]
        slow = [r for r in waiting if now >= r.since + SETTLED_SECONDS and not r.is_late(now)]
        surplus = Counter(reading.key for reading in slow)
        for reading in slow:
            if surplus[reading.key] > PER_SOURCE:
                surplus[reading.key] -= 1
                late.append(reading)
        return late
