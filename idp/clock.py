"""The one source of time: whole seconds since 1970 UTC.

Nothing else in Acrux reads the system's clock for a lifetime. In the testing environment a file
may hold an offset in seconds, read anew at each use, so that tests travel in time.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

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
        return int(time.time() + float(_offset_file.read_text() or 0))
    except (OSError, ValueError):
        return int(time.time())


def iso(at: int) -> str:
    """Return `at` as RFC 3339 in UTC, `2026-11-23T05:10:50Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
