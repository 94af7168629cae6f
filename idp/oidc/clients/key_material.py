"""What of a client's keys and certificates may be registered: where they are, what they are called.

Pure: each rule yields a member, and what is wrong with it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from idp.oidc.certificates import names
from idp.oidc.clients.client import Client
from idp.oidc.clients.offer import Offer
from idp.oidc.jose.key_reading import MAX_KEYS
from idp.oidc.jose.published import certificate_of, is_of_use
from idp.oidc.vocabulary import SELF_SIGNED_TLS_CLIENT_AUTH, TLS_CLIENT_AUTH

BOUND = "tls_client_certificate_bound_access_tokens"


def problems(client: Client, offer: Offer) -> Iterator[tuple[str, str]]:
    """Yield what is wrong."""
    yield from _certificate(client, offer)
    yield from _keys(client, offer)


def _certificate(client: Client, offer: Offer) -> Iterator[tuple[str, str]]:
    """RFC 8705 section 2.1.2: exactly one name; its keys where it vouches for itself."""
    given = [one for one in names.MEMBERS if getattr(client, one) is not None]
    for name in given:
        if (text := names.problem(name, getattr(client, name))) is not None:
            yield name, text
    yield from _shown(client, given)
    if not client.tls_client_certificate_bound_access_tokens:
        return
    if not offer.certificates:
        yield BOUND, f"{BOUND}: no certificate counts here (mutual_tls.proxies)"
    if client.dpop_bound_access_tokens:
        yield BOUND, f"{BOUND}, or dpop_bound_access_tokens: a token is bound to one of them"


def _shown(client: Client, given: list[str]) -> Iterator[tuple[str, str]]:
    method, name = client.token_endpoint_auth_method, "token_endpoint_auth_method"
    if method == TLS_CLIENT_AUTH and len(given) != 1:
        yield name, f"tls_client_auth needs one of {', '.join(names.MEMBERS)}"
    if method == SELF_SIGNED_TLS_CLIENT_AUTH and client.jwks_uri is None:
        members = (client.jwks or {}).get("keys")
        if not (isinstance(members, list) and any(map(certificate_of, members))):
            yield name, f"{method} needs a certificate in jwks (x5c), or jwks_uri"


def _keys(client: Client, _offer: Offer) -> Iterator[tuple[str, str]]:
    """Public keys in one place, readable, with nothing private (RFC 7591 section 2)."""
    if client.jwks is not None and client.jwks_uri is not None:
        yield "jwks", "give jwks or jwks_uri, not both"
    if client.jwks is not None and not public_keys(client.jwks):
        yield "jwks", "jwks must be a JSON Web Key Set of public RSA or EC keys"
    needs = (
        client.request_object_signing_alg
        or client.require_signed_request_object
        or client.backchannel_authentication_request_signing_alg
    )
    if needs and not (client.jwks or client.jwks_uri):
        yield "request_object_signing_alg", "signed requests need jwks or jwks_uri"


def public_keys(jwks: Mapping[str, Any]) -> bool:
    """Return True if `jwks` holds 1 to 20 keys, each public and of a kind that is used here."""
    found = jwks.get("keys")
    if not isinstance(found, list) or not 0 < len(found) <= MAX_KEYS:
        return False
    return all(map(is_of_use, found))
