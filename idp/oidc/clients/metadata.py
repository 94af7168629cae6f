"""What may be registered of a client: types, and the rules between members.

`client.MEMBERS` is the list of members; `CHECKS` are the rules (RFC 7591 section 2, OpenID Connect
Registration section 2, RFC 9700).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp.errors import CommandError
from idp.oidc import vocabulary
from idp.oidc.clients import (
    claim_mapping,
    guarded,
    key_material,
    looks,
    membership_names,
    profiles,
)
from idp.oidc.clients.client import MEMBERS, Client, from_metadata
from idp.oidc.clients.offer import Offer
from idp.oidc.clients.redirect_addresses import ONE_PORT, portless_localhost
from idp.oidc.uris import https_uri, uri_problems
from idp.oidc.vocabulary import (
    ASSERTION_ALGS,
    CIBA,
    DELIVERY_MODES,
    PING,
    REQUEST_OBJECT_ALGS,
)
from idp.policy import roles

ANSWERS = frozenset(
    {
        *("code", "state", "iss", "error", "error_description", "error_uri", "session_state"),
        *("access_token", "token_type", "expires_in", "scope", "id_token", "response"),
    }
)
"""What an answer may bring to a redirect URI (RFC 6749 4.1.2, RFC 9207, OIDC Core 3.2.2.5)."""

BINDING = ("dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens")
"""What binds access tokens to a key that is shown."""
SHORTEST_TOKEN, LONGEST_TOKEN = 60, 86_400
"""Seconds for which a token of one application may live. What is deleted when its sign-in can be
refreshed no more (`store.service.cleaning`) is no access token that lives: a day is the most."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one member."""

    member: str
    text: str


def problems(data: Mapping[str, Any], offer: Offer) -> list[Problem]:
    """Return all that is wrong with metadata: types first, the rules only if those are right."""
    found = list(_types(data))
    if found:
        return found
    client = from_metadata(data, client_id="", name="")
    return [problem for check in CHECKS for problem in check(client, offer)]


def check(data: Mapping[str, Any], offer: Offer) -> None:
    """Check metadata before it is stored.

    Raises:
        CommandError: what is wrong, in one line.
    """
    for problem in problems(data, offer):
        raise CommandError(problem.text)


def _types(data: Mapping[str, Any]) -> Iterator[Problem]:
    for key, value in data.items():
        member = MEMBERS.get(key)
        if member is None:
            yield Problem(key, f"{key!r} is no member of a client: {', '.join(MEMBERS)}")
        elif type(value) is not member.kind:
            yield Problem(key, f"{key} must be {member.kind.__name__}")
        elif isinstance(value, list) and not all(isinstance(item, str) for item in value):
            yield Problem(key, f"{key} must be a list of strings")
        elif not _decent(value):
            yield Problem(key, f"{key} is too long, empty, or not plain text")


def _decent(value: Any) -> bool:
    """Return True if a database, a page and a header can take it."""
    if isinstance(value, str):
        return 0 < len(value) <= 2048 and value.isprintable()
    if isinstance(value, list):
        return len(value) <= 100 and all(map(_decent, value))
    return True


# -- the rules


def redirect_uris(client: Client, _offer: Offer) -> Iterator[Problem]:
    """RFC 6749 section 3.1.2, RFC 8252 section 7, RFC 9700 section 2.1."""
    for uri in client.redirect_uris:
        for text in uri_problems(uri, ANSWERS):
            yield Problem("redirect_uris", text)
    if client.application_type == "native":
        for uri in filter(portless_localhost, client.redirect_uris):
            yield Problem("redirect_uris", f"{uri} {ONE_PORT}")
    needed = set(client.grant_types) & {"authorization_code", "implicit"}
    if needed and not client.redirect_uris and client.forward_origin is None:
        yield Problem("redirect_uris", "a client needs at least one redirect URI")


def post_logout_redirect_uris(client: Client, _offer: Offer) -> Iterator[Problem]:
    for uri in client.post_logout_redirect_uris:
        for text in uri_problems(uri, {"state"}):
            yield Problem("post_logout_redirect_uris", text)


def choices(client: Client, offer: Offer) -> Iterator[Problem]:
    """Members that have a short list of values."""
    for name, allowed in (
        ("token_endpoint_auth_method", offer.auth_methods),
        ("token_endpoint_auth_signing_alg", (*ASSERTION_ALGS, "HS256")),
        ("request_object_signing_alg", REQUEST_OBJECT_ALGS),
        ("id_token_signed_response_alg", offer.signing_algs),
        ("userinfo_signed_response_alg", offer.signing_algs),
        ("authorization_signed_response_alg", offer.signing_algs),
        ("introspection_signed_response_alg", offer.signing_algs),
        ("backchannel_authentication_request_signing_alg", REQUEST_OBJECT_ALGS),
        ("backchannel_token_delivery_mode", DELIVERY_MODES),
        ("application_type", ("web", "native")),
        ("subject_type", ("public", "pairwise")),
        ("assertion_audience", ("issuer", "any")),
        ("access_token_format", ("opaque", "jwt")),
        ("access_token_signing_alg", offer.signing_algs),
        ("pkce", ("required", "optional")),
        ("acr_values_mode", ("voluntary", "required")),
        ("id_token_claims", ("lean", "scope")),
        ("response_types", offer.response_types),
        ("grant_types", offer.grant_types),
        ("api_scopes", roles.OF_PROGRAMS),
    ):
        value = getattr(client, name)
        values = value if isinstance(value, tuple) else (value,)
        if any(one is not None and one not in allowed for one in values):
            yield Problem(name, f"{name} must be one of {', '.join(allowed)}")


def grants_and_responses(client: Client, _offer: Offer) -> Iterator[Problem]:
    """RFC 7591 section 2.1: each response type needs its grant."""
    for response in client.response_types:
        parts = set(response.split())
        codeless = "authorization_code" not in client.grant_types
        if "code" in parts and codeless and client.redirect_uris:
            text = f"response_types {response!r} needs the grant type authorization_code"
            yield Problem("grant_types", f"{text}, and a client without that no redirect URI")
        for name in BINDING:
            if "token" in parts and getattr(client, name):
                yield Problem(name, f"{response} brings a token that is bound to no key")
        if parts & {"token", "id_token"} and "implicit" not in client.grant_types:
            yield Problem("grant_types", f"{response} needs implicit")


def authentication(client: Client, _offer: Offer) -> Iterator[Problem]:
    """Keys where keys are needed, a secret where a secret is."""
    method, alg = client.token_endpoint_auth_method, client.token_endpoint_auth_signing_alg
    name = "token_endpoint_auth_method"
    if client.on_device and client.pkce != "required":
        text = "a public or native client always needs PKCE (RFC 9700 2.1.1, RFC 8252 8.1)"
        yield Problem("pkce", text)
    if client.public and "client_credentials" in client.grant_types:
        yield Problem(name, "client_credentials needs a client that authenticates itself")
    if client.public and client.exchange_from:
        yield Problem(name, "exchange_from needs a client that authenticates itself")
    if client.on_device and client.profile is None and not client.rotate_refresh_tokens:
        text = "refresh tokens of a public or native client work once each (RFC 9700 2.2.2)"
        yield Problem("rotate_refresh_tokens", text)
    if method == "private_key_jwt" and not (client.jwks or client.jwks_uri):
        yield Problem(name, "private_key_jwt needs jwks or jwks_uri")
    if alg is not None and (alg == "HS256") != (method == "client_secret_jwt"):
        yield Problem("token_endpoint_auth_signing_alg", f"{method} does not sign with {alg}")


def keys(client: Client, offer: Offer) -> Iterator[Problem]:
    """Its keys and certificates, where they are and what they are called."""
    yield from (Problem(*found) for found in key_material.problems(client, offer))


def asking_behind(client: Client, _offer: Offer) -> Iterator[Problem]:
    """CIBA Core 1.0 section 4: who asks says how it is told, and proves who it is."""
    if CIBA not in client.grant_types:
        return
    mode, to = client.backchannel_token_delivery_mode, "backchannel_client_notification_endpoint"
    if mode is None:
        text = f"{CIBA} needs backchannel_token_delivery_mode: {' or '.join(DELIVERY_MODES)}"
        yield Problem("backchannel_token_delivery_mode", text)
    if mode == PING and client.backchannel_client_notification_endpoint is None:
        yield Problem(to, f"ping needs {to}")
    if client.public:
        text = f"{CIBA} needs a client that authenticates itself"
        yield Problem("token_endpoint_auth_method", text)


def links(client: Client, _offer: Offer) -> Iterator[Problem]:
    """Addresses that browsers or we will open: https, so that no one on the way changes them."""
    for name in (
        *("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri"),
        *("jwks_uri", "sector_identifier_uri", "backchannel_logout_uri"),
        "backchannel_client_notification_endpoint",
    ):
        uri = getattr(client, name)
        if uri is not None and not https_uri(uri):
            yield Problem(name, f"{name} must be an https address")
    for uri in client.request_uris:
        if not https_uri(uri.partition("#")[0]):
            yield Problem("request_uris", "request_uris must be https addresses")
    if client.frontchannel_logout_uri is not None:
        for text in uri_problems(client.frontchannel_logout_uri, {"iss", "sid"}):
            yield Problem("frontchannel_logout_uri", text)


def levels(client: Client, offer: Offer) -> Iterator[Problem]:
    if client.min_acr is not None and client.min_acr not in offer.levels:
        yield Problem("min_acr", f"min_acr {client.min_acr!r} is no level that can be reached here")
    if client.default_max_age is not None and client.default_max_age < 0:
        yield Problem("default_max_age", "default_max_age must not be negative")


def memberships_claims(client: Client, _offer: Offer) -> Iterator[Problem]:
    """What groups and roles are called may mean nothing else."""
    names = (client.groups_claim, client.roles_claim)
    for text in membership_names.problems(names, vocabulary.RESERVED):
        yield Problem("groups_claim" if client.groups_claim != "groups" else "roles_claim", text)


def claims(client: Client, _offer: Offer) -> Iterator[Problem]:
    """What it is told under names of its own never stands for what the protocol says."""
    names = {"groups": client.groups_claim, "roles": client.roles_claim}
    for text in claim_mapping.problems(client.claim_mapping or {}, names):
        yield Problem("claim_mapping", f"claim_mapping: {text}")


def lifetimes(client: Client, offer: Offer) -> Iterator[Problem]:
    """A token that lives too long is a password; one that lives too short, a stream of requests."""
    for name, longest in (
        ("access_token_lifetime", LONGEST_TOKEN),
        ("id_token_lifetime", LONGEST_TOKEN),
        ("refresh_token_idle", offer.refresh_idle),
        ("refresh_token_lifetime", offer.refresh_absolute),
    ):
        value = getattr(client, name)
        if value is not None and not SHORTEST_TOKEN <= value <= longest:
            yield Problem(name, f"{name} must be {SHORTEST_TOKEN} to {longest} seconds")


def shown(client: Client, offer: Offer) -> Iterator[Problem]:
    """What its sign-in pages say and show."""
    yield from (Problem(*found) for found in looks.problems(client, offer.ways))


def of_apis(client: Client, offer: Offer) -> Iterator[Problem]:
    """Scopes and types of details are those of APIs that are registered."""
    known = {api.audience: api.scopes.keys() for api in offer.apis}
    for audience, scopes in (client.resource_scopes or {}).items():
        if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes):
            yield Problem("resource_scopes", "resource_scopes: write {AUDIENCE: [SCOPE]}")
        elif audience not in known:
            yield Problem("resource_scopes", f"resource_scopes: no API is called {audience!r}")
        elif not scopes or not set(scopes) <= known[audience]:
            has = ", ".join(known[audience]) or "no scope"
            yield Problem("resource_scopes", f"resource_scopes: {audience} has {has}")
    types = [name for api in offer.apis for name in api.types]
    for name in client.authorization_details_types:
        if name not in types:
            text = f"authorization_details_types: {name!r} is none of {', '.join(types) or 'none'}"
            yield Problem("authorization_details_types", text)


def guarded_host(client: Client, offer: Offer) -> Iterator[Problem]:
    """A host that a proxy guards, and what its pages need."""
    for text in guarded.origin_problems(client.forward_origin):
        yield Problem("forward_origin", text)
    if client.forward_paths is not None and client.forward_origin is None:
        yield Problem("forward_paths", "forward_paths need a forward_origin")
    for text in guarded.path_problems(client.forward_paths, offer.levels):
        yield Problem("forward_paths", f"forward_paths: {text}")
    if client.forward_origin is not None and "code" not in client.response_types:
        yield Problem("response_types", "a guarded host needs the response type code")
    for name in (*BINDING, "require_signed_request_object"):
        if client.forward_origin is not None and getattr(client, name):
            yield Problem(name, f"{name}: what a browser holds at a guarded host shows no key")


def profile(client: Client, _offer: Offer) -> Iterator[Problem]:
    """What a stricter profile does not allow."""
    yield from (Problem(*found) for found in profiles.problems(vars(client)))


def sector(client: Client, _offer: Offer) -> Iterator[Problem]:
    """OIDC Core 8.1: one sector. Several hosts need a sector_identifier_uri to join them."""
    if client.subject_type != "pairwise" or client.sector_identifier_uri is not None:
        return
    if len({urlsplit(uri).hostname for uri in client.redirect_uris}) > 1:
        yield Problem(
            "sector_identifier_uri", "redirect URIs on several hosts need a sector_identifier_uri"
        )


CHECKS: tuple[Callable[[Client, Offer], Iterator[Problem]], ...] = (
    choices,
    redirect_uris,
    post_logout_redirect_uris,
    grants_and_responses,
    authentication,
    keys,
    asking_behind,
    links,
    levels,
    memberships_claims,
    claims,
    lifetimes,
    shown,
    of_apis,
    guarded_host,
    profile,
    sector,
)
