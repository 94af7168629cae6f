"""The way in to `/ssf/`, and what it says of itself at its well-known address (SSF section 7)."""

import json
from typing import Any

from flask import Blueprint, Response

from idp.api import late
from idp.api.ssf.refused import told
from idp.installation import Installation
from idp.oidc.tokens.resources import SSF
from idp.signals import vocabulary as words

RULES = ("/<path:rest>",)
METADATA = words.METADATA
_KEPT = "public, max-age=300"


def blueprint(installation: Installation) -> Blueprint:
    """Return the addresses, bound to an installation."""

    def load() -> Any:
        from idp.api.ssf.serving import Serving

        return Serving(installation)

    views, below = Blueprint("signals", __name__), Blueprint("ssf", __name__, url_prefix=SSF)
    late.add_to(below, RULES, load, told)
    views.register_blueprint(below)
    document = json.dumps(metadata(installation.settings.server.issuer))

    @views.get(METADATA)
    def configuration() -> Response:
        response = Response(document, content_type="application/json")
        response.headers["Cache-Control"] = _KEPT
        return response

    return views


def metadata(issuer: str) -> dict[str, Any]:
    """Return what applications read first (section 7.1)."""
    return {
        "spec_version": "1_0",
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "delivery_methods_supported": [words.PUSH, words.POLL],
        "configuration_endpoint": f"{issuer}{SSF}/streams",
        "status_endpoint": f"{issuer}{SSF}/status",
        "add_subject_endpoint": f"{issuer}{SSF}/subjects/add",
        "remove_subject_endpoint": f"{issuer}{SSF}/subjects/remove",
        "verification_endpoint": f"{issuer}{SSF}/verify",
        "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6749"}],
        "default_subjects": "ALL",
    }
