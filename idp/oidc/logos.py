"""Logos of applications, from our own address: a page that shows one asks no other server.

Owns the address alone. A name says what the picture must be; what is kept under it and is another,
or is none by its own first bytes, is not there.
"""

from idp.oidc.clients import pictures
from idp.oidc.clients.looks import LOGO
from idp.store.db import Work
from idp.store.oidc import pictures as kept
from idp.web.lane.plain import Answer

_HEADERS = (
    ("Cache-Control", "public, max-age=31536000, immutable"),
    # Opened on its own, it is a picture and nothing else.
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_NONE = Answer(404, (("Content-Type", "text/plain"), ("Cache-Control", "no-store")), b"none\n")


def answer(work: Work, name: str) -> Answer:
    """Return the picture called `name`, as its kind."""
    content = kept.find(work, name.partition(".")[0]) if LOGO.fullmatch(name) else None
    if content is None or name != f"{pictures.digest(content)}.{pictures.kind(content)}":
        return _NONE
    return Answer(200, (("Content-Type", f"image/{pictures.kind(content)}"), *_HEADERS), content)
