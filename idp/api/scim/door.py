"""The way in to `/scim/v2/`, where it is enabled."""

import json
from typing import Any

from flask import Blueprint, Response

from idp.api import late
from idp.installation import Installation
from idp.oidc.tokens.resources import SCIM

KIND = "application/scim+json"
RULES = ("/", "/Users", "/Users/<one>", "/Groups", "/Groups/<one>", "/<path:rest>")
"""Two would do to answer: a figure for each of these shows what directories ask, and how long."""
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def blueprint(installation: Installation) -> Blueprint:
    """Return the addresses, bound to an installation; there are none unless it is enabled."""

    def load() -> Any:
        from idp.api.scim.serving import Serving

        return Serving(installation)

    views = Blueprint("scim", __name__, url_prefix=SCIM)
    if installation.settings.scim.enabled:
        late.add_to(views, RULES, load, _told)
    return views


def _told(status: int, detail: str) -> Response:
    said = {"schemas": [_ERROR], "status": str(status), "detail": detail}
    return Response(json.dumps(said), status, content_type=KIND)
