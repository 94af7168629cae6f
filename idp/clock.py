"""The one source of time: whole seconds since 1970 UTC; and what a process keeps for seconds.

Nothing else in Acrux reads the system's clock for a lifetime. In the testing environment a file
may hold an offset in seconds, read again at each use, so that tests travel in time. A copy that is
kept goes by the process's own clock, which no one sets.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar

_monotonic = time.monotonic
T = TypeVar("T")


class _Offset:
    """The seconds that a file holds, read again at each use.

    The file stays open: to open it each time takes five times as long, and a request asks for the
    time a dozen times.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._number = -1

    def seconds(self) -> float:
        """Return what the file holds now; 0 where there is none, or it holds no number."""
        try:
            if self._number < 0:
                self._number = os.open(self._path, os.O_RDONLY)
            return float(os.pread(self._number, 64, 0))
        except (OSError, ValueError):
            return 0

    def __del__(self) -> None:
        if self._number >= 0:
            os.close(self._number)


_offset: _Offset | None = None


def use_offset_file(path: str | None) -> None:
    """Let the file at `path` shift the clock by the seconds it holds; None switches that off.

    It is written anew in its place, and not replaced by another.
    """
    global _offset
    _offset = _Offset(path) if path else None


def now() -> int:
    """Return the present second since 1970 UTC."""
    offset = _offset
    return int(time.time() + offset.seconds()) if offset else int(time.time())


def iso(at: int) -> str:
    """Return `at` as RFC 3339 in UTC, `2026-11-23T05:10:50Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Kept(Generic[T]):
    """A process's copy of one value, which threads share: read again after some seconds."""

    __slots__ = ("_kept", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: tuple[float, T] | None = None

    def get(self, read: Callable[[], T]) -> T:
        """Return the copy, or what `read` returns when there is none, or it is too old."""
        kept, now = self._kept, _monotonic()
        if kept is None or now - kept[0] >= self._seconds:
            # Its age counts from before it was read.
            kept = self._kept = (now, read())
        return kept[1]

    def within(self, seconds: float) -> T | None:
        """Return the copy if it is younger than `seconds`; it is never read for this."""
        kept = self._kept
        return kept[1] if kept is not None and _monotonic() - kept[0] < seconds else None

    def forget(self) -> None:
        """Let the next caller read again."""
        self._kept = None
