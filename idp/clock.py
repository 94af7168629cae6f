"""The one source of time: whole seconds since 1970 UTC; and what a process keeps for seconds.

Nothing else in Acrux reads the system's clock for a lifetime. In the testing environment a file
may hold an offset in seconds, read again at each use, so that tests travel in time. A copy that is
kept goes by the process's own clock, which no one sets.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

_monotonic = time.monotonic
T = TypeVar("T")

_offset_file: Path | None = None


def use_offset_file(path: str | None) -> None:
    """Let the file at `path` shift the clock by the seconds it holds; None switches that off."""
    global _offset_file
    _offset_file = Path(path) if path else None


def now() -> int:
    """Return the present second since 1970 UTC."""
    if _offset_file is None:
        return int(time.time())
    try:
        return int(time.time() + _offset(_offset_file))
    except (OSError, ValueError):
        return int(time.time())


def _offset(file: Path) -> float:
    # Read at each use: by way of a file object it would take seven times as long.
    number = os.open(file, os.O_RDONLY)
    try:
        return float(os.read(number, 64) or 0)
    finally:
        os.close(number)


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
