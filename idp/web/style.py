"""The one style sheet: the file with every page's look, and the operator's colour after it.

Its address has its digest, so browsers keep it for good and ask for no second one.
"""

import hashlib
from pathlib import Path

from flask import Flask, Response

KEPT_SECONDS = 31_536_000
_DIGEST_CHARACTERS = 16


def init_app(app: Flask, sheet: Path, accent: str) -> str:
    """Serve the sheet with the `accent` (#rrggbb); return its address, for the templates."""
    text = sheet.read_text() + f":root{{--accent:{accent};--accent-ink:{_ink(accent)}}}\n"
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]

    def style(asked: str) -> Response:
        response = Response(text, mimetype="text/css")
        # A page of before an upgrade asks for its own sheet: it gets today's, and not for good.
        kept = f"max-age={KEPT_SECONDS}, immutable" if asked == digest else "max-age=60"
        response.headers["Cache-Control"] = f"public, {kept}"
        return response

    app.add_url_rule("/style/<asked>.css", "style", style)
    return f"/style/{digest}.css"


def _ink(accent: str) -> str:
    """Return black or white, whichever is easier to read on `accent` (WCAG relative luminance)."""
    parts = [int(accent[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000" if luminance > 0.179 else "#fff"
