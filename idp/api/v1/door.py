"""The way in to `/api/v1/`."""

import json
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response

from idp.api import late
from idp.installation import Installation
from idp.oidc.tokens.resources import API

UPLOADS = (f"{API}/imports", f"{API}/client-imports")
"""The addresses that take files: those of the rows that are `large`."""


def blueprint(installation: Installation) -> Blueprint:
    """Return the addresses, bound to an installation."""

    def load() -> Any:
        from idp.api.v1.serving import Serving

        return Serving(installation)

    views = Blueprint("api", __name__, url_prefix=API)
    late.add_to(views, ("/", "/<path:path>"), load, _told)
    return views


def _told(status: int, detail: str) -> Response:
    said = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return Response(json.dumps(said), status, content_type="application/problem+json")
