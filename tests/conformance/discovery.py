"""The module oidcc-discovery-endpoint-verification, for the plans Config and Dynamic."""

import re
from typing import Any
from urllib.parse import urlsplit

from tests.conformance.suite import Suite

MEMBERS: dict[str, str] = {
    # RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3
    "issuer": "uri",
    "authorization_endpoint": "uri",
    "token_endpoint": "uri",
    "userinfo_endpoint": "uri",
    "jwks_uri": "uri",
    "registration_endpoint": "uri",
    "scopes_supported": "list",
    "response_types_supported": "list",
    "response_modes_supported": "list",
    "grant_types_supported": "list",
    "acr_values_supported": "list",
    "subject_types_supported": "list",
    "id_token_signing_alg_values_supported": "list",
    "userinfo_signing_alg_values_supported": "list",
    "request_object_signing_alg_values_supported": "list",
    "token_endpoint_auth_methods_supported": "list",
    "token_endpoint_auth_signing_alg_values_supported": "list",
    "display_values_supported": "list",
    "claim_types_supported": "list",
    "claims_supported": "list",
    "claims_locales_supported": "list",
    "ui_locales_supported": "list",
    "claims_parameter_supported": "bool",
    "request_parameter_supported": "bool",
    "request_uri_parameter_supported": "bool",
    "require_request_uri_registration": "bool",
    "service_documentation": "uri",
    "op_policy_uri": "uri",
    "op_tos_uri": "uri",
    "revocation_endpoint": "uri",
    "revocation_endpoint_auth_methods_supported": "list",
    "revocation_endpoint_auth_signing_alg_values_supported": "list",
    "introspection_endpoint": "uri",
    "introspection_endpoint_auth_methods_supported": "list",
    "introspection_endpoint_auth_signing_alg_values_supported": "list",
    "code_challenge_methods_supported": "list",
    # The logout specifications, Session Management
    "end_session_endpoint": "uri",
    "check_session_iframe": "uri",
    "backchannel_logout_supported": "bool",
    "backchannel_logout_session_supported": "bool",
    "frontchannel_logout_supported": "bool",
    "frontchannel_logout_session_supported": "bool",
    # RFC 9207, Initiating User Registration, RFC 9126, RFC 9101, RFC 9449, RFC 8628
    "authorization_response_iss_parameter_supported": "bool",
    "prompt_values_supported": "list",
    "pushed_authorization_request_endpoint": "uri",
    "require_pushed_authorization_requests": "bool",
    "require_signed_request_object": "bool",
    "dpop_signing_alg_values_supported": "list",
    "authorization_signing_alg_values_supported": "list",
    "introspection_signing_alg_values_supported": "list",
    "device_authorization_endpoint": "uri",
    # CIBA Core 1.0 section 4
    "backchannel_authentication_endpoint": "uri",
    "backchannel_token_delivery_modes_supported": "list",
    "backchannel_authentication_request_signing_alg_values_supported": "list",
    "backchannel_user_code_parameter_supported": "bool",
    # Encryption to a client
    **{
        f"{what}_encryption_{part}_values_supported": "list"
        for what in ("id_token", "userinfo", "introspection", "authorization")
        for part in ("alg", "enc")
    },
}
"""Members that the suite knows. Of any other it warns."""
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?\Z")
"""Language, script and region in the case that BCP 47 section 2.1.1 gives them."""
ALGORITHM = re.compile(r"[A-Za-z0-9-]+\Z")
SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+\Z")
"""RFC 6749 section 3.3."""


def fits(kind: str, value: Any) -> bool:
    """Return True if a member has its type."""
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "list":
        return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
    return isinstance(value, str) and bool(urlsplit(value).netloc)


def has_the_shape_of_metadata(metadata: dict[str, Any]) -> None:
    """Check names and types of all members; every endpoint is https."""
    assert metadata.keys() <= MEMBERS.keys(), metadata.keys() - MEMBERS.keys()
    for name, value in metadata.items():
        assert fits(MEMBERS[name], value), name
        if name.endswith("_endpoint") or name in ("jwks_uri", "check_session_iframe"):
            assert urlsplit(value).scheme == "https", name
        if MEMBERS[name] == "list":
            assert value, f"{name} is empty: leave it out"
            assert len(set(value)) == len(value), name
        if name.endswith("_locales_supported"):
            assert all(LOCALE.match(locale) for locale in value)


def verified(suite: Suite) -> None:
    """Check the whole document; keys and the address were checked when the suite began."""
    metadata = suite.metadata
    issuer = urlsplit(metadata["issuer"])
    assert issuer.scheme == "https"
    assert issuer.query == issuer.fragment == ""
    has_the_shape_of_metadata(metadata)
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert name in metadata
    assert {"public", "pairwise"} & set(metadata["subject_types_supported"])
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "RS256" in metadata["userinfo_signing_alg_values_supported"]
    assert "RS256" in metadata["request_object_signing_alg_values_supported"]
    for name in ("id_token", "userinfo", "request_object"):
        algorithms = metadata[f"{name}_signing_alg_values_supported"]
        assert all(ALGORITHM.match(alg) for alg in algorithms)
    assert "openid" in metadata["scopes_supported"]
    assert all(SCOPE.match(scope) for scope in metadata["scopes_supported"])
    assert "sub" in metadata["claims_supported"]
    assert metadata["claims_parameter_supported"] is True
    assert metadata["request_parameter_supported"] is True
    assert metadata["request_uri_parameter_supported"] is True
    assert "S256" in metadata["code_challenge_methods_supported"]
    assert "code" in metadata["response_types_supported"]
    assert "authorization_code" in metadata["grant_types_supported"]


def verified_for_dynamic_clients(suite: Suite) -> None:
    """Check what OIDC Core 15.2 demands of a provider that anyone's client may register at."""
    verified(suite)
    metadata = suite.metadata
    assert "registration_endpoint" in metadata
    assert {"code", "id_token", "id_token token"} <= set(metadata["response_types_supported"])
    assert {"authorization_code", "implicit"} <= set(metadata["grant_types_supported"])
