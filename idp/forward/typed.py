"""An address that somebody typed, as a request for it reaches the proxy of its host.

Pure. Reads it as browsers do (the URL Standard) as far as a host is concerned. In the path, dots,
slashes and percent signs stay as they are typed: programs send them so, and `readings` takes a path
in every way.
"""

import re
from urllib.parse import quote

from idp.forward import asked
from idp.forward.asked import Asked
from idp.oidc.uris import origin_of

_SHAPE = re.compile(r"(https?)://([^/?#\\]*)([^#]*)", re.IGNORECASE)
"""A backslash ends a host as a slash does: whoever takes it for a part of a user name is misled
about the host."""
_SENT = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"<>`{}')
"""What stands in a request line as it is; browsers send the rest as percent-encoded UTF-8."""


def read(text: str) -> Asked | None:
    """Return what the proxy is asked for; None of what no browser opens, or writes like that.

    A host in other letters than ASCII has to be written as it is sent (`xn--`): which one that is,
    only its registry says for certain.
    """
    found = _SHAPE.match(text.strip())
    if found is None or not text.strip().isprintable() or not found[2].isascii():
        return None
    target = quote(found[3], safe=_SENT)
    # Without a path it is the first page; a backslash in front is a slash to browsers.
    if not target.startswith("/"):
        target = "/" + target.removeprefix("\\")
    return asked.of(origin_of(f"{found[1].lower()}://{found[2]}/"), target, shows=True)
