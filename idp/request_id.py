"""What a request is called: in its answer, in the log, in the events that it leaves, on pages.

Made where a request comes in, or taken over from a proxy that is trusted. It is no secret, and
means nothing. Knows no request itself: the layers that do, keep it in WSGI's environ.
"""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"
"""The line of the answer, and of what a proxy sends."""
KEY = "acrux.request_id"
"""The key in WSGI's environ, which no header line can be."""
_BYTES = 8
_WELL_FORMED = re.compile(r"[A-Za-z0-9@._-]{8,64}")

current: ContextVar[str | None] = ContextVar("request_id", default=None)
"""What the request is called that this thread is at, for the log; None beside requests."""


def new() -> str:
    """Return what a request is called from now on: 16 characters, easy to read out."""
    return secrets.token_hex(_BYTES)


def well_formed(text: str) -> str | None:
    """Return `text` if it may stand in logs, pages and events: 8 to 64 plain characters."""
    return text if _WELL_FORMED.fullmatch(text) else None
