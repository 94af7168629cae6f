"""Answers that programs parse: JSON that no one stores, and OAuth's errors in it."""

import json
from collections.abc import Mapping
from typing import Any

from authlib.oauth2 import OAuth2Error
from flask import Response
from werkzeug.datastructures import Headers

from idp.oidc.client_auth.keys import KeysBusy
from idp.oidc.errors import SlowDown

_HEADERS = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("Pragma", "no-cache"),
)


class _Answer(Response):
    """An answer whose headers are sent as they are: whole, and without an address among them."""

    def get_wsgi_headers(self, environ: Mapping[str, Any]) -> Headers:
        # Flask's own copies them, and looks for a Location to make a URI of.
        return self.headers


def answer(status: int, body: Mapping[str, Any]) -> Response:
    """Return a JSON answer that no one stores (RFC 6749 section 5.1)."""
    return _Answer(json.dumps(body), status, _HEADERS)


def error_answer(error: OAuth2Error, realm: str = "token") -> Response:
    """Return an OAuth error as JSON."""
    body = {"error": error.error}
    if error.description:
        body["error_description"] = error.description
    response = answer(error.status_code, body)
    if error.status_code == 401:
        response.headers["WWW-Authenticate"] = f'Basic realm="{realm}"'
    if isinstance(error, SlowDown | KeysBusy):
        response.headers["Retry-After"] = str(error.wait)
    return response
