"""Discovery (OIDC Discovery 1.0 section 3, RFC 8414): the members of every feature there is."""

import json
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from idp.oidc.discovery.features import FEATURES, Facts
from idp.oidc.provider import Provider, offer

ENDPOINTS = {
    "authorization_endpoint": "oidc.authorize",
    "token_endpoint": "oidc.token",
    "userinfo_endpoint": "oidc.userinfo",
    "jwks_uri": "oidc.jwks",
    "revocation_endpoint": "oidc.revoke",
    "introspection_endpoint": "oidc.introspect",
    "registration_endpoint": "oidc.register",
    "end_session_endpoint": "oidc.end_session",
    "check_session_iframe": "oidc.check_session",
}


def document(app: Flask, provider: Provider, algs: tuple[str, ...]) -> bytes:
    """Return the provider's metadata as JSON, where it signs with `algs`."""
    settings = provider.installation.settings
    # Not by a request context of its own: its end would close the unit of work of this request.
    paths = app.url_map.bind(urlsplit(settings.server.issuer).netloc)
    endpoints = {name: settings.server.issuer + paths.build(at) for name, at in ENDPOINTS.items()}
    facts = Facts(
        endpoints, offer(provider.installation, algs), settings.registration.mode != "off"
    )
    found: dict[str, Any] = {"issuer": settings.server.issuer}
    for feature in FEATURES:
        found |= feature.members(facts)
    return json.dumps(found).encode()
