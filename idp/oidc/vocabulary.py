"""The words of the protocol as the specifications spell them: parameters, scopes, claims, types.

Owns the lists that several rooms read; what is supported of them here, `discovery.features` says.
"""

from collections.abc import Iterable

PARAMETERS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "response_mode",
    "display",
    "prompt",
    "max_age",
    "ui_locales",
    "claims_locales",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "claims",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "registration",
    "resource",
    "dpop_jkt",
    "authorization_details",
)
"""What /authorize knows; anything else is ignored (RFC 6749 section 3.1)."""
MANY = ("resource", "audience")
"""What may be given several times (RFC 8707 section 2, RFC 8693 section 2.1), without spaces."""
RESPONSE_MODES = (
    *("query", "fragment", "form_post"),
    # JARM 1.0 section 2.3; `jwt` alone is the usual one of the response type, signed.
    *("jwt", "query.jwt", "fragment.jwt", "form_post.jwt"),
)
AUTH_METHODS = (
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "client_secret_jwt",
    "none",
)
TLS_CLIENT_AUTH = "tls_client_auth"
SELF_SIGNED_TLS_CLIENT_AUTH = "self_signed_tls_client_auth"
MUTUAL_TLS_METHODS = (TLS_CLIENT_AUTH, SELF_SIGNED_TLS_CLIENT_AUTH)
"""By a certificate (RFC 8705 section 2), where the settings name who may say which came."""
ALL_AUTH_METHODS = (*AUTH_METHODS, *MUTUAL_TLS_METHODS)
CONFIDENTIAL_METHODS = tuple(method for method in ALL_AUTH_METHODS if method != "none")
"""The ways in which a client proves who it is."""
ASSERTION_ALGS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
REQUEST_OBJECT_ALGS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
PROOF_ALGS = ("ES256", "PS256", "EdDSA", "Ed25519")
"""How a proof of possession is signed; the last two are the same, under two names (RFC 9864)."""
SIGNING_ALGS = ("RS256", "PS256", "ES256", "EdDSA")
LEGACY_GRANT_TYPES = ("implicit",)
CIBA = "urn:openid:params:grant-type:ciba"
POLL, PING = "poll", "ping"
DELIVERY_MODES = (POLL, PING)
"""How a client is told what came of CIBA (section 5). Nothing is pushed: tokens would leave by an
address that was registered, without the proof of who takes them."""
RESPONSE_TYPES = ("code",)
LEGACY_RESPONSE_TYPES = (
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
)
SCOPES = ("openid", "profile", "email", "address", "phone", "groups", "roles", "offline_access")
PROMPTS = ("none", "login", "consent", "select_account")
CREATE = "create"
"""Also accepted, not advertised: no one can register here (Initiating User Registration 1.0)."""
MEMBERSHIPS = ("groups", "roles")
"""Scopes, claims, and what a client's settings `…_claim` and `…_prefix` are about."""
PROFILE = (
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
)

BY_SCOPE: dict[str, tuple[str, ...]] = {
    "profile": PROFILE,
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
    "groups": ("groups",),
    "roles": ("roles",),
}
PERSONAL = frozenset(name for names in BY_SCOPE.values() for name in names)
"""The claims about a person: only these can be asked for one by one, and are consented to."""
SUPPORTED = (
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
    *(name for names in BY_SCOPE.values() for name in names),
)
RESERVED = frozenset(SUPPORTED) - {*MEMBERSHIPS} | {
    *("active", "act", "azp", "c_hash", "client_id", "cnf", "events", "may_act", "nbf", "s_hash"),
    *("scope", "token_type", "username", "_claim_names", "_claim_sources"),
    *("authorization_details", "sub_id"),
}
"""What no client may have groups or roles called."""


def front_channel(response_type: Iterable[str]) -> bool:
    """Return True if the words of a response type bring tokens through the browser.

    Those are the implicit and the hybrid ones.
    """
    return not {"token", "id_token"}.isdisjoint(response_type)
