"""What the demo application remembers of its visitors: in this process alone, for some hours.

The browser holds a random id, so that no token ever travels in a cookie. Also the cache in which
Authlib keeps state, nonce and PKCE verifier of sign-ins under way.
"""

import threading
from typing import Any

from idp import clock


class Memory:
    """Values by key, each for so many seconds. Never false, as Authlib asks `if cache`."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[int, Any]] = {}

    def get(self, key: str) -> Any | None:
        """Return the value, or None when there is none or its time is over."""
        with self._lock:
            until, value = self._kept.get(key, (0, None))
        return value if until > clock.now() else None

    def set(self, key: str, value: Any, expires: int) -> None:
        """Keep `value` for `expires` seconds; the oldest value makes room when there is none."""
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (clock.now() + expires, value)
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]

    def delete(self, key: str) -> None:
        """Forget a value, if there is one."""
        with self._lock:
            self._kept.pop(key, None)
