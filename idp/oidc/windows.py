"""Who asks too often is told to slow down, and each time that goes on the record has it once.

What is asked is counted in the database, by all processes. One that has seen a counter run over
asks the database no more until that window ends, and records no other refusal of it.
"""

import threading

from idp import clock
from idp.oidc.errors import SlowDown
from idp.policy.throttling.throttle import Window
from idp.store import throttles
from idp.store.db import Work

_MOST = 10_000


class Windows:
    """The windows that have run over, as one process knows them. Threads share one."""

    def __init__(self, description: str) -> None:
        """Have those who are held back told so in the words of `description`."""
        self._description = description
        self._lock = threading.Lock()
        self._over: dict[str, tuple[int]] = {}
        """Until when, in seconds since 1970 UTC, by counter."""

    def count(self, work: Work, key: str, limit: Window) -> None:
        """Count one more under `key`, with the commit of the request.

        Raises:
            SlowDown: it is one too many.
        """
        noted = self._over.get(key)
        if noted is not None:
            known = noted[0] - clock.now()
            if 0 < known <= limit.seconds:
                raise self._slower(known, first=False)
            self._forget(key, noted)
        held = throttles.count(work, key, limit)
        if held is None:
            return
        wait = held.wait or limit.seconds
        raise self._slower(wait, first=self._note(key, (clock.now() + wait,)))

    def _forget(self, key: str, noted: tuple[int]) -> None:
        """Take away what is over, and never what another thread has noted since."""
        with self._lock:
            if self._over.get(key) is noted:
                del self._over[key]

    def _note(self, key: str, until: tuple[int]) -> bool:
        """Return True for the first of the threads that see it run over at once: it records it."""
        with self._lock:
            if len(self._over) >= _MOST:
                self._over.clear()
            return self._over.setdefault(key, until) is until

    def _slower(self, wait: int, *, first: bool) -> SlowDown:
        return SlowDown(wait, first=first, description=self._description)
