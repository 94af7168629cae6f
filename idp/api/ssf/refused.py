"""What a receiver is told when its request is refused."""

import json

from flask import Response


def told(status: int, detail: str) -> Response:
    """Return a refusal, in the form of RFC 8935 section 2.3."""
    name = {400: "invalid_request", 401: "authentication_failed", 403: "access_denied"}
    said = {"err": name.get(status, "refused"), "description": detail}
    response = Response(json.dumps(said), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
