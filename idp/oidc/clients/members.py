"""The members of client metadata: the list for the command, registration and documents alike.

Owns each member's JSON type, who may register it and what it means; its rules are in `metadata`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One member: its JSON type, whether a client may register it itself, what it means."""

    kind: type
    standard: bool
    meaning: str


MEMBERS: dict[str, Member] = {
    "redirect_uris": Member(list, True, "where answers may be sent: compared exactly"),
    "post_logout_redirect_uris": Member(list, True, "where a sign-out may end"),
    "response_types": Member(list, True, "what it asks of /authorize"),
    "grant_types": Member(list, True, "what it asks of /token"),
    "application_type": Member(str, True, "web or native"),
    "contacts": Member(list, True, "addresses of who is responsible"),
    "client_uri": Member(str, True, "its home page"),
    "logo_uri": Member(str, True, "its logo, shown on the sign-in page"),
    "policy_uri": Member(str, True, "how it handles data, linked on the sign-in page"),
    "tos_uri": Member(str, True, "its terms, linked on the sign-in page"),
    "initiate_login_uri": Member(str, True, "where a sign-in may be begun from outside"),
    "scope": Member(str, True, "the scopes it may ask for, apart by spaces; all when not given"),
    "token_endpoint_auth_method": Member(str, True, "how it authenticates itself"),
    "token_endpoint_auth_signing_alg": Member(str, True, "how it signs its assertions"),
    "jwks_uri": Member(str, True, "where its public keys are"),
    "jwks": Member(dict, True, "its public keys"),
    "request_uris": Member(list, True, "where its request objects may be"),
    "request_object_signing_alg": Member(str, True, "how it signs request objects"),
    "require_signed_request_object": Member(bool, True, "refuse requests that are not signed"),
    "id_token_signed_response_alg": Member(str, True, "how its ID tokens are signed"),
    "userinfo_signed_response_alg": Member(str, True, "sign userinfo for it: how"),
    "subject_type": Member(str, True, "public, or pairwise: a sub of its sector's own"),
    "sector_identifier_uri": Member(str, True, "the list of redirect URIs of its sector"),
    "backchannel_logout_uri": Member(str, True, "where it is told of the end of a session"),
    "backchannel_logout_session_required": Member(bool, True, "it needs sid in that message"),
    "frontchannel_logout_uri": Member(str, True, "the page that ends its session in a frame"),
    "frontchannel_logout_session_required": Member(bool, True, "it needs iss and sid there"),
    "default_acr_values": Member(list, True, "acr values asked for when a request names none"),
    "default_max_age": Member(int, True, "max_age when a request names none, in seconds"),
    "require_auth_time": Member(bool, True, "always say auth_time"),
    "pkce": Member(str, False, "required, or optional for a client with a secret"),
    "strict_authentication": Member(
        bool, False, "its secret comes in the registered way alone: header or form"
    ),
    "assertion_audience": Member(str, False, "issuer: aud of its assertions is nothing else; any"),
    "audience": Member(list, False, "aud of its JWT access tokens; itself when not given"),
    "access_token_format": Member(str, False, "opaque, or jwt (RFC 9068)"),
    "resource_server": Member(bool, False, "it may introspect the tokens of others"),
    "min_acr": Member(str, False, "the level demanded of everybody here: a floor"),
    "acr_values_mode": Member(str, False, "voluntary, or required: acr_values are met or refused"),
    "accepts_bootstrap": Member(bool, False, "a factor set up in the same sign-in counts"),
    "first_party": Member(bool, False, "ours: nobody is asked for consent"),
    "vouched": Member(bool, False, "it registered itself, and you have checked whose it is"),
    "id_token_claims": Member(
        str, False, "lean, or scope: ID tokens say what the scopes cover, as userinfo does"
    ),
    "userinfo_sign_in": Member(bool, False, "userinfo says acr, amr and auth_time as well"),
    "groups_claim": Member(str, False, "what it calls groups; a dot nests: realm_access.groups"),
    "roles_claim": Member(str, False, "what it calls roles; a dot nests: realm_access.roles"),
    "groups_prefix": Member(str, False, "it is told of groups that begin so, and of no other"),
    "roles_prefix": Member(str, False, "it is told of roles that begin so, and of no other"),
}
