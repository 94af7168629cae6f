"""Who may wait for an address of a client: slow ones hold few of our threads, and each its share.

A place is taken at once or not at all. Owns counting alone; what is fetched, and what is said when
there is no place, belongs to anyone who asks.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Shares:
    """Places of one process. Threads share one."""

    def __init__(self, places: int, share: int) -> None:
        """Have `places` in all, `share` of them for one host; half of either for strangers."""
        self._places = places
        self._share = share
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(self, uri: str, *, strange: bool) -> Iterator[bool]:
        """Take a place to wait for `uri` in; False when every one that it may have is taken.

        `strange`: no one here has checked who named the address. However many hosts such people
        have, what operators registered is still reached.
        """
        host = f"host {urlsplit(uri).hostname}"
        limits = {"all": self._places, host: self._share}
        if strange:
            limits |= {"strange": self._places // 2, host: self._share // 2}
        with self._lock:
            free = all(self._taken[name] < limit for name, limit in limits.items())
            if free:
                self._taken.update(limits.keys())
        try:
            yield free
        finally:
            if free:
                self._give_back(limits)

    def _give_back(self, names: dict[str, int]) -> None:
        with self._lock:
            for name in names:
                self._taken[name] -= 1
                if not self._taken[name]:
                    del self._taken[name]
