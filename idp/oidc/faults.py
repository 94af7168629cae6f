"""What a program is told when its request fails beside its endpoint: OAuth's JSON, never a page.

A wrong method, an address that does not exist below ours, a body that is too large, a fault of
ours: whatever the framework or the database says, a client parses the answer (RFC 6749 section
5.2). Addresses that browsers open (`/authorize`, `/end_session`) answer with pages, and are not of
this list.
"""

import re

from flask import Response, request

from idp.oidc import cors
from idp.oidc.json_answers import answer
from idp.web.error_pages import GONE

_OPEN = re.compile(
    r"/(?:token|par|userinfo|revoke|jwks|\.well-known/(?:openid|oauth))(?![A-Za-z0-9])"
)
"""How addresses begin that programs call, scripts of any origin too: nothing below is a page."""
_CLOSED = re.compile(
    r"/(?:introspect|register|device_authorization|backchannel_authentication)(?![A-Za-z0-9])"
)
"""And those that no script of another origin reads (`idp.oidc.cors`)."""
_ERRORS = {
    404: ("not_found", "there is nothing at this address"),
    405: ("invalid_request", "this address does not take that method"),
    GONE: ("invalid_grant", "what this rests on was deleted"),
    413: ("invalid_request", "the request is too large"),
    500: ("server_error", "something went wrong on our side"),
    503: ("temporarily_unavailable", "this cannot be answered now"),
}
WAIT = 5
"""Seconds after which a request that found no answer may be tried again."""


def told(status: int, reference: str, in_doubt: bool = False) -> Response | None:
    """Return the answer with `status` at an address of programs; None at all others.

    `reference` is what the log holds the cause under. `in_doubt`: it may have been carried out.
    """
    scripts = _OPEN.match(request.path) is not None
    if not scripts and not _CLOSED.match(request.path):
        return None
    error, text = _ERRORS.get(status, ("invalid_request", "the request was not understood"))
    if in_doubt:
        text += ", and it may have been carried out"
    wait = [("Retry-After", str(WAIT))] if status == 503 else []
    response = answer(
        # RFC 6749 section 5.2 knows no other status for what a grant rested on.
        400 if status == GONE else status,
        {"error": error, "error_description": f"{text} (reference {reference})"},
        *wait,
    ).as_response()
    if scripts:
        cors.let_read(response)
    return response
