"""So many requests run at once in a process; the others wait in a line that takes no thread.

A request that waits for a database, or for its turn to hash, holds the thread that it came in. The
server has a few threads more than may be held so: they take what comes next, and answer what needs
no one. Owns who runs when; never what a request is.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

LONGEST = 1024
"""Requests that wait at most; more are refused."""
SECONDS = 15
"""For so long a request waits for its turn; whose turn comes later is refused."""

Job = Callable[[], None]


class Turns:
    """The requests of a process that run, and those that wait to."""

    def __init__(self, places: int) -> None:
        """`places` is how many run at once."""
        self._places = self._free = places
        self._waiting: deque[tuple[float, Job, Job]] = deque()
        self._lock = threading.Lock()

    @property
    def running(self) -> int:
        """How many run at this moment."""
        return self._places - self._free

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def take(self, run: Job, refuse: Job) -> None:
        """Call `run` or `refuse`, neither of which may raise: now, or later in another's thread.

        The thread of one that has run goes on with those that wait.
        """
        first = self._first(run, refuse)
        if first is not None:
            first()
        if first is run:
            while (after := self._next()) is not None:
                after()

    def _first(self, run: Job, refuse: Job) -> Job | None:
        with self._lock:
            if self._free:
                self._free -= 1
                return run
            if len(self._waiting) >= LONGEST:
                return refuse
            self._waiting.append((time.monotonic(), run, refuse))
            return None

    def _next(self) -> Job | None:
        """Return what this thread does next; None, with its place given back, for nothing."""
        with self._lock:
            if not self._waiting:
                self._free += 1
                return None
            since, run, refuse = self._waiting.popleft()
        return run if time.monotonic() - since < SECONDS else refuse
