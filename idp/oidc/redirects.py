"""How a browser is sent on to an address that an application registered, byte for byte.

Owns the two ways: a redirect, and a page that goes on. It never says what the address brings.
"""

from typing import Any

from flask import Response
from werkzeug.datastructures import Headers

from idp import web
from idp.web import compression


def go(uri: str) -> Response:
    """Send the browser to `uri`, which was registered, as it is."""
    # With a body, though an empty one, its length is known.
    response = _Exact(b"", 303)
    response.headers["Location"] = uri
    response.headers["Cache-Control"] = "no-store"
    return response


class _Exact(Response):
    """A redirect whose address stays what was registered, byte for byte.

    The framework takes addresses apart and puts them together, which alters `com.example:///x`.
    """

    def get_wsgi_headers(self, environ: Any) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers


def go_on(uri: str, name: str) -> Response:
    """Send the browser that comes from a form to `uri`, which was registered, as it is.

    By a page that goes on (`Refresh`), which no `form-action` reaches: a redirect would be held to
    the form's policy, and so would each of those by which the application leads on from there,
    perhaps to an app's own scheme. Programs that read no pages are redirected.
    """
    if not web.reads_pages():
        return go(uri)
    compression.leave_plain()
    # It is made once: in another language it would be made again.
    response = web.page("oidc/onward.html", address=uri, client_name=name, languages={})
    response.headers["Refresh"] = f"0;url={uri}"
    # What the application is told of us stands in the answer alone.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
