"""An address that somebody typed, as a request for it reaches the proxy of its host.

Pure. Reads it as browsers do (the URL Standard) as far as a host is concerned. In the path, dots,
slashes and percent signs stay as they are typed: programs send them so, and `readings` takes a path
in every way.
"""

import re
from urllib.parse import quote

from idp.forward import asked
from idp.forward.asked import Asked
from idp.oidc.uris import SENT, origin_of

_SHAPE = re.compile(r"(https?)://([^/?#\\]*)([^#]*)", re.IGNORECASE)
"""A backslash ends a host as a slash does: whoever takes it for a part of a user name is misled
about the host."""


def read(text: str) -> Asked | None:
    """Return what the proxy is asked for; None of what no browser opens, or writes like that.

    A host in other letters than ASCII has to be written as it is sent (`xn--`): which one that is,
    only its registry says for certain.
    """
    found = _SHAPE.match(text.strip())
    if found is None or not text.strip().isprintable() or not found[2].isascii():
        return None
    target = quote(found[3], safe=SENT)
    # Without a path it is the first page; a backslash in front is a slash to browsers.
    if not target.startswith("/"):
        target = "/" + target.removeprefix("\\")
    return asked.of(origin_of(f"{found[1].lower()}://{found[2]}/"), target, shows=True)
