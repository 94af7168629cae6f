"""Authorization responses: where the answer goes, and the three ways in which it travels.

OAuth 2.0 Multiple Response Type Encoding Practices section 2.1; OAuth 2.0 Form Post Response Mode.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response
from werkzeug.datastructures import Headers

from idp import web
from idp.oidc.session_state import origin_of

NOBODY = "'none'"


@dataclass(frozen=True)
class Destination:
    """Where an answer goes, and how."""

    uri: str
    """A redirect URI that was trusted before."""
    client_id: str
    mode: str = "query"
    name: str = ""
    """What the page of form_post calls the application."""
    silent: bool = False
    """It answers prompt=none, perhaps in a frame that the application keeps out of sight."""


def send(to: Destination, fields: Mapping[str, str]) -> Response:
    """Send `fields` to the application in the mode of the request."""
    if to.mode == "form_post":
        return _form(to, fields)
    sign = "#" if to.mode == "fragment" else "&" if "?" in to.uri else "?"
    if to.uri.endswith(("?", "&")) and sign != "#":
        sign = ""
    return go(to.uri + sign + urlencode(fields))


def go(uri: str) -> Response:
    """Send the browser to `uri`, which was registered, as it is."""
    response = _Exact(status=303)
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


def _form(to: Destination, fields: Mapping[str, str]) -> Response:
    """Return the page that posts itself; its button is for browsers without JavaScript."""
    response = web.page("oidc/form_post.html", action=to.uri, fields=fields, client_name=to.name)
    # The application's own pages may frame what answers prompt=none: it asks nothing of a person,
    # and says nothing that a redirect, which no header keeps out of a frame, would not say as well.
    framer = origin_of(to.uri) if to.silent else None
    if framer is not None:
        web.let_frame()
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: https:;"
        f" form-action {_targets(to)}; base-uri 'none'; frame-ancestors {framer or NOBODY}"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _targets(to: Destination) -> str:
    """Browsers apply form-action to what the application then redirects to as well.

    So the scheme is held, not the host: an answer must reach applications that receive it at one
    address and go on at another. The form itself has no address but the registered one.
    """
    return "https:" if to.uri.startswith("https:") else "http: https:"
