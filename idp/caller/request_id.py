"""What a request is called: in its answer, in the log, in the events that it leaves, on pages.

Made where a request comes in, or taken over from a proxy that is trusted. It is no secret. One of
ours begins with its second, so that its events are found without an index of such names. Knows no
request itself: the layers that do, keep it in WSGI's environ.
"""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"
"""The line of the answer, and of what a proxy sends."""
KEY = "acrux.request_id"
"""The key in WSGI's environ, which no header line can be."""
_BYTES = 4
_OURS = re.compile(r"[0-9a-f]{16}")
_WELL_FORMED = re.compile(r"[A-Za-z0-9@._-]{8,64}")

current: ContextVar[str | None] = ContextVar("request_id", default=None)
"""What the request is called that this thread is at, for the log; None beside requests."""


def new(now: int) -> str:
    """Return what a request is called that comes in `now`: 16 characters, easy to read out."""
    return f"{now:08x}{secrets.token_hex(_BYTES)}"


def made_at(name: str) -> int | None:
    """Return when a name of ours was made, in seconds since 1970 UTC; None for one of a proxy."""
    return int(name[:8], 16) if _OURS.fullmatch(name) else None


def well_formed(text: str) -> str | None:
    """Return `text` if it may stand in logs, pages and events: 8 to 64 plain characters."""
    return text if _WELL_FORMED.fullmatch(text) else None
