"""The one style sheet: the file with every page's look, and the operator's colour after it.

Its address has its digest, so browsers keep it for good and ask for no second one; and the colour,
so that every process has the sheet of each, also of one that is only being looked at.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, abort

KEPT_SECONDS = 31_536_000
_DIGEST_CHARACTERS = 16
_COLOUR = re.compile(r"[0-9a-fA-F]{6}")
SCHEMES = (("#fffdf8", "#14213d"), ("#131d36", "#f4f0e6"))
"""Light and dark: what pages stand on (`--sheet`), and what they are written in (`--ink`)."""
_IN_EDGE = 0.55
"""How much of the accent is in the edge of a button and the line below a link (`--accent-edge`)."""
LEAST = 3.0
"""How these must stand out from the page (WCAG 2.2, 1.4.11). Text on the accent is black or white:
one of the two has at least 4.5 (1.4.3) on every colour."""


class Sheet:
    """The sheet, in each colour that is asked for."""

    def __init__(self, file: Path, accent: str) -> None:
        self._text = file.read_text()
        self._accent = accent
        self._of = lru_cache(maxsize=16)(self._made)

    def address(self, accent: str) -> str:
        """Return where the sheet in this colour (#rrggbb) is, for the templates."""
        return f"/style/{self._of(accent)[1]}-{accent.removeprefix('#')}.css"

    def add_to(self, app: Flask) -> None:
        """Serve it."""
        app.add_url_rule("/style/<asked>-<accent>.css", "style", self._answer)
        app.add_url_rule("/style/<asked>.css", "style", self._answer)

    def _answer(self, asked: str, accent: str = "") -> Response:
        accent = accent or self._accent.removeprefix("#")
        if not _COLOUR.fullmatch(accent):
            abort(404)
        text, digest = self._of(f"#{accent}")
        response = Response(text, mimetype="text/css")
        # A page of before an upgrade asks for its own sheet: it gets today's, and not for good.
        kept = f"max-age={KEPT_SECONDS}, immutable" if asked == digest else "max-age=60"
        response.headers["Cache-Control"] = f"public, {kept}"
        return response

    def _made(self, accent: str) -> tuple[str, str]:
        text = self._text + f":root{{--accent:{accent};--accent-ink:{ink(accent)}}}\n"
        return text, hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]


def ink(accent: str) -> str:
    """Return black or white, whichever is easier to read on `accent`."""
    return "#000" if contrast(accent, "#000000") >= contrast(accent, "#ffffff") else "#fff"


def stands_out(accent: str) -> bool:
    """Return True if what has this accent can be seen, in both schemes."""
    return all(contrast(_edge(accent, written), page) >= LEAST for page, written in SCHEMES)


def _edge(accent: str, written: str) -> str:
    """Return the colour that `color-mix` makes in the sheet."""
    mixed = (
        round(_IN_EDGE * int(accent[i : i + 2], 16) + (1 - _IN_EDGE) * int(written[i : i + 2], 16))
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)


def contrast(one: str, other: str) -> float:
    """Return how two colours stand out from each other, 1 to 21 (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
