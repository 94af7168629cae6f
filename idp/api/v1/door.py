"""The way in to `/api/v1/`: what answers is loaded when it is first asked.

Pydantic takes longer to load than all that a sign-in needs.
"""

import json
from functools import cached_property
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from idp.installation import Installation
from idp.oidc.tokens.access_tokens import API
from idp.web import error_pages

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
"""All that a program might try: whatever is not there is told so in JSON."""


class _Late:
    """What answers, once it is needed."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    @cached_property
    def serving(self) -> Any:
        # Two who ask at once may build two: neither keeps anything that the other has not.
        from idp.api.v1.serving import Serving

        return Serving(self._installation)


def blueprint(installation: Installation) -> Blueprint:
    """Return the addresses, bound to an installation."""
    views = Blueprint("api", __name__, url_prefix=API)
    late = _Late(installation)

    def answer(path: str = "") -> Response:
        found: Response = late.serving.answer(path)
        return found

    views.record_once(lambda state: error_pages.tell_instead(state.app.extensions, _told))
    for rule in ("/", "/<path:path>"):
        views.add_url_rule(rule, "answer", answer, methods=METHODS, provide_automatic_options=False)
    return views


def _told(status: int, reference: str, in_doubt: bool = False) -> Response | None:
    """Return what a program is told where the framework or the database refuses its request."""
    if not f"{request.path}/".startswith(f"{API}/"):
        return None
    status = 404 if status == error_pages.GONE else status
    more = ", and it may have been carried out" if in_doubt else ""
    said = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": f"the request failed{more} (reference {reference})",
    }
    return Response(json.dumps(said), status, content_type="application/problem+json")
