"""Pages, sheets and scripts travel compressed to browsers that say they can read it.

What differs with each answer tells nothing by its length: a page's CSRF token is masked again each
time (`idp.web.csrf`), so no one finds it out by what they have put beside it (BREACH). A page that
carries codes and tokens to an application is never compressed.
"""

import zlib
from functools import lru_cache

from flask import Flask, Response, g, request

from idp import web

TYPES = ("text/html", "text/css", "text/javascript", "image/svg+xml")
LEAST_BYTES = 600
"""Below it fits into a packet or two anyhow."""
_LEVEL = 6
_GZIP = 31
"""zlib's number for gzip with the largest window."""


def leave_plain() -> None:
    """Send this answer as it is: it has secrets beside what others chose."""
    g.acrux_plain = True


def _compress(response: Response) -> Response:
    if response.mimetype not in TYPES or web.leads_on(response):
        return response
    response.vary.add("Accept-Encoding")
    if (
        response.status_code != 200
        or g.get("acrux_plain")
        or not request.accept_encodings.quality("gzip")
        or response.content_encoding
    ):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < LEAST_BYTES:
        return response
    is_page = response.mimetype == "text/html"
    response.set_data(_gzip(body) if is_page else _gzip_once(body))
    response.content_encoding = "gzip"
    tag, _weak = response.get_etag()
    if tag:
        # The same thing, but not byte for byte (RFC 9110 section 8.8.3).
        response.set_etag(tag, weak=True)
    return response


def _gzip(body: bytes) -> bytes:
    press = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return press.compress(body) + press.flush()


_gzip_once = lru_cache(maxsize=32)(_gzip)


def init_app(app: Flask) -> None:
    """Compress what `app` answers; it must be installed before whatever reads an answer's text."""
    app.after_request(_compress)
