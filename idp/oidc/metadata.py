"""Discovery (OIDC Discovery 1.0 section 3, RFC 8414): computed from what is really registered."""

import json
from typing import Any

from flask import Flask, url_for

from idp.installation import Installation
from idp.oidc import claims, client_metadata, request
from idp.policy.decide import can_ever_hold

ENDPOINTS = {
    "authorization_endpoint": "oidc.authorize",
    "token_endpoint": "oidc.token",
    "userinfo_endpoint": "oidc.userinfo",
    "jwks_uri": "oidc.jwks",
    "end_session_endpoint": "oidc.end_session",
}


def document(app: Flask, this: Installation) -> bytes:
    """Return the provider's metadata as JSON."""
    issuer = this.settings.server.issuer
    with app.test_request_context(base_url=issuer):
        paths = {
            name: url_for(endpoint)
            for name, endpoint in ENDPOINTS.items()
            if endpoint in app.view_functions
        }
    found: dict[str, Any] = {
        "issuer": issuer,
        **{name: issuer + path for name, path in paths.items()},
        "scopes_supported": list(request.SCOPES),
        "response_types_supported": list(request.RESPONSE_TYPES),
        "response_modes_supported": list(request.RESPONSE_MODES),
        "grant_types_supported": list(client_metadata.GRANT_TYPES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(client_metadata.SIGNING_ALGS),
        "token_endpoint_auth_methods_supported": list(client_metadata.AUTH_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": [
            *(level.name for level in this.signin.rules.levels if reachable(this, level.name)),
            *(alias for alias in this.signin.rules.aliases if reachable(this, alias)),
        ],
        "prompt_values_supported": list(request.PROMPTS),
        "claim_types_supported": ["normal"],
        "claims_supported": list(claims.SUPPORTED),
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["en-NZ"],
    }
    return json.dumps(found).encode()


def reachable(this: Installation, name: str) -> bool:
    """Say whether any combination of this installation's methods reaches a level at all."""
    level = this.signin.rules.level(name)
    return level is not None and can_ever_hold(level, this.signin.rules.abilities)
