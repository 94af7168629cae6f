"""Who asks too often is told to slow down, and each time that goes on the record has it once.

What is asked is counted in the database, by all processes. One that has seen a counter run over
asks the database no more until that window ends, and records no other refusal of it.
"""

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
        self._over: dict[str, tuple[int]] = {}
        """Until when, in seconds since 1970 UTC, by counter."""

    def count(self, work: Work, key: str, limit: Window) -> None:
        """Count one more under `key`, with the commit of the request.

        Raises:
            SlowDown: it is one too many.
        """
        known = self._over.get(key, (0,))[0] - clock.now()
        if 0 < known <= limit.seconds:
            raise self._slower(known, first=False)
        self._over.pop(key, None)
        held = throttles.count(work, key, limit)
        if held is None:
            return
        if len(self._over) >= _MOST:
            self._over.clear()
        wait = held.wait or limit.seconds
        # Of threads that see it run over at once, the first to note it records it.
        until = (clock.now() + wait,)
        raise self._slower(wait, first=self._over.setdefault(key, until) is until)

    def _slower(self, wait: int, *, first: bool) -> SlowDown:
        return SlowDown(wait, first=first, description=self._description)
