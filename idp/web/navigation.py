"""Whether somebody comes to a page, or a program looks ahead of them.

Owns what a request says of that itself. It proves nothing: what must be kept from a stranger is
never kept by this.
"""

from flask import request

_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
"""The standard's header (Fetch, section 3.8), and those that browsers sent before it."""


def somebody_comes() -> bool:
    """Return True if the answer is going to be looked at: a page that a browser goes to.

    False of HEAD, of what a browser fetches in case that it is wanted, and of what a page fetches
    (Fetch Metadata, section 2.1). Browsers that say nothing of themselves go there.
    """
    ahead = any(request.headers.get(name) for name in _AHEAD)
    goal = request.headers.get("Sec-Fetch-Dest", "document")
    return request.method == "GET" and not ahead and goal == "document"
