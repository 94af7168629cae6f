"""The way in to `/scim/v2/`: what answers is loaded when it is first asked, where it is enabled."""

import json
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, request

from idp.api.v1.door import METHODS
from idp.installation import Installation
from idp.oidc.tokens.access_tokens import SCIM
from idp.web import error_pages

KIND = "application/scim+json"
RULES = ("/", "/Users", "/Users/<one>", "/Groups", "/Groups/<one>", "/<path:rest>")
"""Two would do to answer: a figure for each of these shows what directories ask, and how long."""
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class _Late:
    """What answers, once it is needed."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    @cached_property
    def serving(self) -> Any:
        # Two who ask at once may build two: neither keeps anything that the other has not.
        from idp.api.scim.serving import Serving

        return Serving(self._installation)


def blueprint(installation: Installation) -> Blueprint:
    """Return the addresses, bound to an installation; there are none unless it is enabled."""
    views = Blueprint("scim", __name__, url_prefix=SCIM)
    if not installation.settings.scim.enabled:
        return views
    late = _Late(installation)

    def answer(**_parts: str) -> Response:
        found: Response = late.serving.answer(request.path.removeprefix(SCIM).lstrip("/"))
        return found

    views.record_once(lambda state: error_pages.tell_instead(state.app.extensions, _told))
    for rule in RULES:
        views.add_url_rule(rule, "answer", answer, methods=METHODS, provide_automatic_options=False)
    return views


def _told(status: int, reference: str, in_doubt: bool = False) -> Response | None:
    """Return what a directory is told where the framework or the database refuses its request."""
    if not f"{request.path}/".startswith(f"{SCIM}/"):
        return None
    status = 404 if status == error_pages.GONE else status
    more = ", and it may have been carried out" if in_doubt else ""
    said = {
        "schemas": [_ERROR],
        "status": str(status),
        "detail": f"the request failed{more} (reference {reference})",
    }
    return Response(json.dumps(said), status, content_type=KIND)
