"""What is supported, by specification and section: discovery and docs/standards.md come from here.

A feature says which part of which specification it is, and which members of the metadata tell of
it. Nothing is advertised that stands in no feature.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp.language import LANGUAGES
from idp.oidc import vocabulary
from idp.oidc.clients.offer import Offer
from idp.oidc.jose import encrypting

CORE = "OpenID Connect Core 1.0"
DISPLAYS = ("page", "popup", "touch", "wap")
"""Every page fits all of them."""
CALLED_BY_CLIENTS = (
    *("token_endpoint", "pushed_authorization_request_endpoint", "userinfo_endpoint"),
    *("revocation_endpoint", "introspection_endpoint", "device_authorization_endpoint"),
    "backchannel_authentication_endpoint",
)
"""Where a client may show a certificate."""
RESPONSES = "OAuth 2.0 Multiple Response Types and Form Post Response Mode"


@dataclass(frozen=True)
class Facts:
    """What the metadata of an installation depends on."""

    endpoints: Mapping[str, str]
    offer: Offer
    registration: bool
    documents: bool = False
    """The address of a document may be a client_id."""
    pushed_only: bool = False
    """Requests that were not pushed are refused."""
    for_certificates: str = ""
    """The host at which certificates are asked for, if not the issuer's."""
    scopes: tuple[str, ...] = ()
    """Those of APIs that everybody is told of."""
    types: tuple[str, ...] = ()
    """The same of types of authorization details."""


def _nothing(_facts: Facts) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Feature:
    """One part of a specification, in words, and the metadata that tells of it."""

    specification: str
    section: str
    what: str
    members: Callable[[Facts], dict[str, Any]] = _nothing


def _endpoint(name: str, **more: Any) -> Callable[[Facts], dict[str, Any]]:
    return lambda facts: {name: facts.endpoints[name], **more}


def _says(**members: Any) -> Callable[[Facts], dict[str, Any]]:
    return lambda _facts: members


def _authenticated(prefix: str, *, public: bool) -> Callable[[Facts], dict[str, Any]]:
    """Return the members of an endpoint that clients authenticate at (RFC 8414 section 2)."""
    name = f"{prefix}_endpoint"
    algs = [*vocabulary.ASSERTION_ALGS, "HS256"]
    return lambda facts: {
        name: facts.endpoints[name],
        f"{name}_auth_methods_supported": [
            method for method in facts.offer.auth_methods if public or method != "none"
        ],
        f"{name}_auth_signing_alg_values_supported": algs,
    }


def _encrypted(what: str) -> dict[str, Any]:
    return {
        f"{what}_encryption_alg_values_supported": list(encrypting.ALGS),
        f"{what}_encryption_enc_values_supported": list(encrypting.ENCS),
    }


def _certificates(facts: Facts) -> dict[str, Any]:
    """Return what RFC 8705 has in the metadata, where certificates are taken at all."""
    if not facts.offer.certificates:
        return {}
    found: dict[str, Any] = {"tls_client_certificate_bound_access_tokens": True}
    if facts.for_certificates:
        found["mtls_endpoint_aliases"] = {
            name: facts.for_certificates + urlsplit(facts.endpoints[name]).path
            for name in CALLED_BY_CLIENTS
        }
    return found


def _registration(facts: Facts) -> dict[str, Any]:
    name = "registration_endpoint"
    return {name: facts.endpoints[name]} if facts.registration else {}


FEATURES: tuple[Feature, ...] = (
    Feature(
        CORE,
        "3.1",
        "Authorization code flow, by GET and POST",
        lambda facts: {
            "authorization_endpoint": facts.endpoints["authorization_endpoint"],
            "response_types_supported": list(facts.offer.response_types),
            "grant_types_supported": list(facts.offer.grant_types),
        },
    ),
    Feature(CORE, "3.2, 3.3", "Implicit and hybrid flow: only by `oidc.legacy_response_types`"),
    Feature(
        CORE,
        "3.1.2.1",
        "`prompt` none, login, consent, select_account (`create` is answered by the sign-in page)",
        _says(prompt_values_supported=list(vocabulary.PROMPTS)),
    ),
    Feature(
        CORE,
        "3.1.2.1",
        "`acr_values`, `max_age`, `login_hint`, `id_token_hint`, `nonce`, `state`",
        lambda facts: {"acr_values_supported": list(facts.offer.levels)},
    ),
    Feature(
        CORE,
        "3.1.2.1",
        "`display`, `claims_locales`: accepted; `ui_locales`: obeyed",
        _says(display_values_supported=list(DISPLAYS), ui_locales_supported=list(LANGUAGES)),
    ),
    Feature(
        CORE,
        "2, 3.1.3.3",
        "ID tokens with `acr`, `amr`, `auth_time`, `sid`, `at_hash`",
        lambda facts: {"id_token_signing_alg_values_supported": list(facts.offer.signing_algs)},
    ),
    Feature(
        CORE, "4", "Sign-in begun by a third party (`initiate_login_uri`): registered and told"
    ),
    Feature(
        CORE,
        "5.1, 5.4",
        "Every standard claim, and groups and roles, by scope",
        lambda facts: {
            "scopes_supported": [*vocabulary.SCOPES, *facts.scopes],
            "claims_supported": list(vocabulary.SUPPORTED),
            "claim_types_supported": ["normal"],
        },
    ),
    Feature(
        CORE,
        "5.3",
        "Userinfo by GET and POST, as JSON or signed",
        lambda facts: {
            "userinfo_endpoint": facts.endpoints["userinfo_endpoint"],
            "userinfo_signing_alg_values_supported": list(facts.offer.signing_algs),
        },
    ),
    Feature(
        CORE,
        "5.5",
        "`claims` parameter for ID token and userinfo; essential `acr`",
        _says(claims_parameter_supported=True),
    ),
    Feature(
        CORE,
        "6",
        "Request objects by value and by reference, signed; `request_uri` registered before",
        _says(
            request_parameter_supported=True,
            request_uri_parameter_supported=True,
            require_request_uri_registration=True,
            request_object_signing_alg_values_supported=list(vocabulary.REQUEST_OBJECT_ALGS),
        ),
    ),
    Feature(
        CORE,
        "8",
        "Public and pairwise subjects",
        _says(subject_types_supported=["public", "pairwise"]),
    ),
    Feature(CORE, "9", "Client authentication", _authenticated("token", public=True)),
    Feature(
        CORE,
        "10.2",
        "By client: ID tokens (of the token endpoint), userinfo and signed introspection encrypted",
        _says(**_encrypted("id_token"), **_encrypted("userinfo"), **_encrypted("introspection")),
    ),
    Feature(CORE, "10.1.1", "Key rotation: published before it signs", _endpoint("jwks_uri")),
    Feature(CORE, "11, 12", "Offline access, refresh with a new ID token of the same sign-in"),
    Feature(
        RESPONSES,
        "",
        "`response_mode` query, fragment, form_post",
        _says(response_modes_supported=list(vocabulary.RESPONSE_MODES)),
    ),
    Feature(
        "OpenID Connect CIBA Core 1.0",
        "5, 7, 10, 11",
        "Sign-in asked for behind the browser, by client: poll and ping; signed requests",
        _endpoint(
            "backchannel_authentication_endpoint",
            backchannel_token_delivery_modes_supported=list(vocabulary.DELIVERY_MODES),
            backchannel_authentication_request_signing_alg_values_supported=list(
                vocabulary.REQUEST_OBJECT_ALGS
            ),
            backchannel_user_code_parameter_supported=False,
        ),
    ),
    Feature("OpenID Connect Discovery 1.0", "2, 3, 4", "Issuer discovery, provider metadata"),
    Feature(
        "OpenID Connect Dynamic Client Registration 1.0, RFC 7591",
        "3",
        "Registration: off, with an initial access token, or open (`registration.mode`)",
        _registration,
    ),
    Feature("RFC 7592", "2", "Read, update and delete a registration"),
    Feature(
        "draft-ietf-oauth-client-id-metadata-document-00",
        "3, 4, 5, 6",
        "Clients whose id is the address of a document (`registration.metadata_documents`, off)",
        lambda facts: {"client_id_metadata_document_supported": True} if facts.documents else {},
    ),
    Feature(
        "OpenID Connect RP-Initiated Logout 1.0",
        "2, 3",
        "Sign-out begun by an application",
        _endpoint("end_session_endpoint"),
    ),
    Feature(
        "OpenID Connect Back-Channel Logout 1.0",
        "2",
        "Applications are told of the end of a session",
        _says(backchannel_logout_supported=True, backchannel_logout_session_supported=True),
    ),
    Feature(
        "OpenID Connect Front-Channel Logout 1.0",
        "2, 3",
        "The same through the browser",
        _says(frontchannel_logout_supported=True, frontchannel_logout_session_supported=True),
    ),
    Feature(
        "OpenID Connect Session Management 1.0",
        "2, 3",
        "`session_state`, and the frame that watches it",
        _endpoint("check_session_iframe"),
    ),
    Feature(
        "JWT Secured Authorization Response Mode (JARM)",
        "2, 3",
        "`response_mode` jwt, query.jwt, fragment.jwt, form_post.jwt: signed, or encrypted too",
        lambda facts: {
            "authorization_signing_alg_values_supported": list(facts.offer.signing_algs),
            **_encrypted("authorization"),
        },
    ),
    Feature(
        "OpenID Shared Signals Framework 1.0",
        "4 to 8",
        "Transmitter: a stream of an application, pushed or polled; by `ssf.manage`",
    ),
    Feature(
        "OpenID CAEP 1.0",
        "3.1 to 3.4",
        "Sessions revoked, claims and credentials changed, assurance changed, and why",
    ),
    Feature(
        "OpenID RISC Profile 1.0",
        "2",
        "Accounts disabled, enabled, purged; credentials compromised; identifiers changed",
    ),
    Feature(
        "FAPI 2.0 Security Profile",
        "5.3",
        "By client (`profile`), with private_key_jwt or mTLS, and DPoP or mTLS",
    ),
    Feature(
        "FAPI 2.0 Message Signing",
        "5.3 to 5.5",
        "The same with `require_signed_request_object`, JARM, and introspection that is signed",
    ),
    Feature("RFC 6749", "4.1, 4.4, 6", "Authorization code, client credentials, refresh"),
    Feature("RFC 6750", "2.1, 2.2, 3", "Bearer tokens in the header or a form body"),
    Feature("RFC 7009", "2", "Revocation", _authenticated("revocation", public=True)),
    Feature("RFC 7033", "4", "WebFinger: the issuer of an account at the issuer's own host"),
    Feature("RFC 7523", "2.2, 3", "Assertions that authenticate a client, each used once"),
    Feature(
        "RFC 7636",
        "4",
        "PKCE, S256 only; needed unless a client with a secret is registered without",
        _says(code_challenge_methods_supported=["S256"]),
    ),
    Feature(
        "RFC 7662",
        "2",
        "Introspection, with `acr`, `amr`, `auth_time`",
        _authenticated("introspection", public=False),
    ),
    Feature("RFC 8417", "2", "Security event tokens"),
    Feature("RFC 8252", "7", "Native apps: loopback with any port, private-use schemes"),
    Feature("RFC 8414", "2, 3", "The same metadata for plain OAuth clients"),
    Feature(
        "RFC 8628",
        "3, 5",
        "Sign-in for devices, by client; `acr_values`, `max_age` and `claims` as at /authorize",
        _endpoint("device_authorization_endpoint"),
    ),
    Feature(
        "RFC 8693",
        "2, 4.1",
        "Token exchange between services: access tokens, narrowing, with `act`; by client",
    ),
    Feature("RFC 8707", "2", "`resource` narrows what an access token is for; unknown: refused"),
    Feature(
        "RFC 8705",
        "2, 3, 5",
        "Clients known by certificates, and tokens bound to one, behind a proxy that is named",
        _certificates,
    ),
    Feature("RFC 8935", "2", "Their delivery by push"),
    Feature("RFC 8936", "2", "Their delivery by poll, without waiting"),
    Feature("RFC 9068", "2", "JWT access tokens, by client"),
    Feature("RFC 9101", "5, 6", "JWT-secured authorization requests"),
    Feature(
        "RFC 9126",
        "2, 4",
        "Pushed authorization requests; alone, for a client or for all",
        lambda facts: {
            "pushed_authorization_request_endpoint": facts.endpoints[
                "pushed_authorization_request_endpoint"
            ],
            "require_pushed_authorization_requests": facts.pushed_only,
        },
    ),
    Feature(
        "RFC 9207",
        "2",
        "`iss` in every authorization response",
        _says(authorization_response_iss_parameter_supported=True),
    ),
    Feature(
        "RFC 9396",
        "2, 3, 5 to 10",
        "`authorization_details` of registered types, agreed to in words; each time",
        lambda facts: (
            {"authorization_details_types_supported": list(facts.types)} if facts.types else {}
        ),
    ),
    Feature(
        "RFC 9449",
        "4 to 10",
        "DPoP: tokens and codes bound to a key, with nonces; at our own endpoints too",
        _says(dpop_signing_alg_values_supported=list(vocabulary.PROOF_ALGS)),
    ),
    Feature("RFC 9493", "3", "Subjects: iss_sub, email, opaque; phone_number of a changed number"),
    Feature("RFC 9700", "2, 4", "Best current practice: exact redirect URIs, PKCE, rotation, 303"),
    Feature(
        "RFC 9701",
        "4, 5",
        "Introspection that is signed, where Accept asks for it",
        lambda facts: {
            "introspection_signing_alg_values_supported": list(facts.offer.signing_algs)
        },
    ),
)


def table() -> Iterator[tuple[str, str, str]]:
    """Return specification, section, and what of it is supported, in the order of the list."""
    for feature in FEATURES:
        yield feature.specification, feature.section, feature.what


def markdown() -> str:
    """Return the table of docs/standards.md."""
    lines = ["| specification | section | what |", "|---|---|---|"]
    lines += [f"| {spec} | {section or 'all'} | {what} |" for spec, section, what in table()]
    return "\n".join(lines) + "\n"
