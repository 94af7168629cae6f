"""Stricter profiles that a client is held to, each by one word.

Owns what a profile switches on, and what a registration must have for it: FAPI 2.0 Security
Profile, section 5.3; FAPI-CIBA, section 5.2.2. What each member means stands with the member.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from idp.oidc.vocabulary import CIBA, MUTUAL_TLS_METHODS

FAPI2 = "fapi2"
FAPI_CIBA = "fapi-ciba"
PROFILES = (FAPI2, FAPI_CIBA)
ALGS = ("PS256", "ES256", "EdDSA", "Ed25519")
"""How anything is signed there (FAPI 2.0 section 5.4.1)."""
_OF_CIBA = (CIBA, "refresh_token")
CODE_LIFETIME = 60
"""Seconds for which a code may live there."""
_IMPLIED: Mapping[str, Mapping[str, Any]] = {
    FAPI2: {
        "require_pushed_authorization_requests": True,
        "assertion_audience": "issuer",
        "pkce": "required",
        # Whoever stole one could not use it: clients there prove themselves (section 5.3.2.1).
        "rotate_refresh_tokens": False,
    },
    FAPI_CIBA: {},
}
_BEHIND = "backchannel_authentication_request_signing_alg"
_SIGNED = (
    "token_endpoint_auth_signing_alg",
    "request_object_signing_alg",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "authorization_signed_response_alg",
    "introspection_signed_response_alg",
    _BEHIND,
)


def implied(members: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the members that the profile of a registration switches on, whatever else is there.

    Its tokens are bound to a key, or to a certificate where that is registered.
    """
    profile = members.get("profile")
    if not isinstance(profile, str) or profile not in _IMPLIED:
        return {}
    by_key = not members.get("tls_client_certificate_bound_access_tokens")
    return {**_IMPLIED[profile], "dpop_bound_access_tokens": by_key}


def allowed(profile: str | None, algs: tuple[str, ...]) -> tuple[str, ...]:
    """Return by which of `algs` a client may sign."""
    return algs if profile is None else tuple(alg for alg in algs if alg in ALGS)


def code_lifetime(profile: str | None, seconds: int) -> int:
    """Return for how many seconds a code lives, where `seconds` are set for all."""
    return seconds if profile is None else min(seconds, CODE_LIFETIME)


def problems(members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what in a registration its profile does not allow: a member, and why."""
    profile = members["profile"]
    if profile is None:
        return
    if profile not in PROFILES:
        yield "profile", f"profile must be one of {', '.join(PROFILES)}"
        return
    for name, needed in (
        ("token_endpoint_auth_method", ("private_key_jwt", *MUTUAL_TLS_METHODS)),
        ("response_types", ("code",)),
        *((name, (None, *ALGS)) for name in _SIGNED),
        # Whatever is asked behind the browser is signed.
        *(((_BEHIND, ALGS), ("grant_types", _OF_CIBA)) if profile == FAPI_CIBA else ()),
    ):
        value = members[name]
        values = value if isinstance(value, tuple) else (value,)
        if not set(values) <= set(needed):
            words = " or ".join(one for one in needed if one is not None)
            yield name, f"profile {profile} needs {name} {words}"
    if members["access_token_format"] == "jwt" and members["access_token_signing_alg"] not in ALGS:
        yield "access_token_signing_alg", f"profile {profile} needs {' or '.join(ALGS)}"
    if not all(uri.startswith("https:") for uri in members["redirect_uris"]):
        # An app's loopback address alone is excepted, and an app keeps no key that proves it.
        yield "redirect_uris", f"profile {profile} needs redirect URIs of https"
