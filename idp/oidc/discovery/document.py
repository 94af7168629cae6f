"""Discovery (OIDC Discovery 1.0 section 3, RFC 8414): the members of every feature there is."""

import json
from typing import Any

from idp.oidc.discovery.features import FEATURES, Facts
from idp.oidc.provider import Provider, offer

ENDPOINTS = {
    "authorization_endpoint": "/authorize",
    "token_endpoint": "/token",
    "pushed_authorization_request_endpoint": "/par",
    "userinfo_endpoint": "/userinfo",
    "jwks_uri": "/jwks",
    "revocation_endpoint": "/revoke",
    "introspection_endpoint": "/introspect",
    "device_authorization_endpoint": "/device_authorization",
    "backchannel_authentication_endpoint": "/backchannel_authentication",
    "registration_endpoint": "/register",
    "end_session_endpoint": "/end_session",
    "check_session_iframe": "/session/check",
}


def document(provider: Provider, algs: tuple[str, ...]) -> bytes:
    """Return the provider's metadata as JSON, where it signs with `algs`."""
    settings = provider.installation.settings
    endpoints = {name: settings.server.issuer + path for name, path in ENDPOINTS.items()}
    facts = Facts(
        endpoints,
        offer(provider.installation, algs),
        registration=settings.registration.mode != "off",
        pushed_only=settings.oidc.require_pushed_authorization_requests,
        for_certificates=settings.mutual_tls.address,
    )
    found: dict[str, Any] = {"issuer": settings.server.issuer}
    for feature in FEATURES:
        found |= feature.members(facts)
    return json.dumps(found).encode()
