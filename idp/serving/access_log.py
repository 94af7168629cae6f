"""One line for each request, which no one can forge and no secret stands in.

The path is told in words of ours alone: whatever else stands in it may be a token, also where it
was typed or pasted wrongly.
"""

import logging
from collections.abc import Iterable
from urllib.parse import quote

log = logging.getLogger("acrux.access")
HIDDEN = "…"
_LONGEST_STRANGER = 12
"""Characters of a part that is no word of ours and still shown: too few for any secret."""
_PLAIN = "-._~!$&'()*+,;=:@"
"""What stands unescaped in a part of a path (RFC 3986 section 3.3); no space, no control."""


class Words:
    """The parts of paths that are constant in the application's routes."""

    def __init__(self, rules: Iterable[str]) -> None:
        self._words = {part for rule in rules for part in rule.split("/") if "<" not in part}

    def shown(self, path: str) -> str:
        """Return a path for the log: words of ours as they are, long other parts as `…`."""
        return "/".join(self._part(part) for part in path.split("/"))

    def _part(self, part: str) -> str:
        if part in self._words:
            return part
        return quote(part, _PLAIN) if len(part) <= _LONGEST_STRANGER else HIDDEN


def write(source: str, method: str, shown: str, status: int, seconds: float, called: str) -> None:
    """Write the line. `source` may be what a proxy passed on; `shown` is from `Words.shown`.

    A log of structured lines has the same values as fields (`idp.cli.logs`).
    """
    values = {
        "source": quote(source, "[]:%."),
        "method": method[:16],
        "path": shown,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "request": called,
    }
    line = "%(source)s %(method)s %(path)s %(status)d %(ms).1f ms %(request)s"
    log.info(line, values, extra={"fields": values})
