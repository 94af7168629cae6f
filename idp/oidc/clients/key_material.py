"""What of a client's keys and certificates may be registered: where they are, what they are called.

Pure: each rule yields a member, and what is wrong with it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from idp.oidc.certificates import names
from idp.oidc.clients.client import Client
from idp.oidc.clients.offer import Offer
from idp.oidc.jose.encrypting import ALGS, ENCS, choose, read_keys
from idp.oidc.jose.key_reading import MAX_KEYS
from idp.oidc.jose.published import certificate_of, is_of_use, read
from idp.oidc.vocabulary import SELF_SIGNED_TLS_CLIENT_AUTH, TLS_CLIENT_AUTH, front_channel

ENCRYPTED = ("id_token", "userinfo", "introspection", "authorization")
"""What can be encrypted to a client."""
BOUND = "tls_client_certificate_bound_access_tokens"


def problems(client: Client, offer: Offer) -> Iterator[tuple[str, str]]:
    """Yield what is wrong."""
    yield from _certificate(client, offer)
    yield from _keys(client)
    yield from _not_bound(client)
    for what in ENCRYPTED:
        yield from _encryption(client, what)
    name = "authorization_encrypted_response_alg"
    if client.authorization_encrypted_response_alg is not None and client.jwks is None:
        yield name, f"{name}: a browser waits for no other server, give the key in jwks"
    if client.id_token_encrypted_response_alg is None:
        return
    name = "id_token_encrypted_response_alg"
    if any(front_channel(one.split()) for one in client.response_types):
        yield name, f"{name}: what comes through the browser is not encrypted, use the code alone"
    if client.forward_origin is not None:
        yield name, f"{name}: a guarded host has no key to read it with"


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


def _not_bound(client: Client) -> Iterator[tuple[str, str]]:
    """Refuse ways to a token on which no key is shown, to a client whose tokens are all bound."""
    for name in ("dpop_bound_access_tokens", BOUND):
        if not getattr(client, name):
            continue
        if any("token" in one.split() for one in client.response_types):
            yield name, f"{name}: a token that comes through the browser is bound to nothing"
        if client.forward_origin is not None:
            yield name, f"{name}: a guarded host shows no key"


def _shown(client: Client, given: list[str]) -> Iterator[tuple[str, str]]:
    method, name = client.token_endpoint_auth_method, "token_endpoint_auth_method"
    if method == TLS_CLIENT_AUTH and len(given) != 1:
        yield name, f"tls_client_auth needs one of {', '.join(names.MEMBERS)}"
    if method == SELF_SIGNED_TLS_CLIENT_AUTH and client.jwks_uri is None:
        members = (client.jwks or {}).get("keys")
        if not (isinstance(members, list) and any(map(certificate_of, members))):
            yield name, f"{method} needs a certificate in jwks (x5c), or jwks_uri"


def _keys(client: Client) -> Iterator[tuple[str, str]]:
    """Public keys in one place, readable, with nothing private (RFC 7591 section 2)."""
    if client.jwks is not None and client.jwks_uri is not None:
        yield "jwks", "give jwks or jwks_uri, not both"
    wanted = any(getattr(client, f"{what}_encrypted_response_alg") for what in ENCRYPTED)
    usable = client.jwks is None or public_keys(client.jwks, encrypting=wanted)
    if not usable:
        yield "jwks", "jwks must be a JSON Web Key Set of public keys: RSA, P-256, Ed25519"
    needs = (
        client.request_object_signing_alg
        or client.require_signed_request_object
        or client.backchannel_authentication_request_signing_alg
    )
    if needs and not (client.jwks or client.jwks_uri):
        yield "request_object_signing_alg", "signed requests need jwks or jwks_uri"
    signs = bool(needs) or client.token_endpoint_auth_method == "private_key_jwt"
    if signs and usable and client.jwks is not None and not read(client.jwks).signing:
        yield "jwks", "jwks has no key for signatures: RSA of 2048 bits or more, P-256, Ed25519"


def _encryption(client: Client, what: str) -> Iterator[tuple[str, str]]:
    """OpenID Connect Registration section 2: how, with which cipher, and to which key."""
    alg_name, enc_name = f"{what}_encrypted_response_alg", f"{what}_encrypted_response_enc"
    alg, enc = getattr(client, alg_name), getattr(client, enc_name)
    if enc is not None and (alg is None or enc not in ENCS):
        yield enc_name, f"{enc_name} is one of {', '.join(ENCS)}, and needs {alg_name}"
    if alg is None:
        return
    if alg not in ALGS:
        yield alg_name, f"{alg_name} must be one of {', '.join(ALGS)}"
    elif client.jwks_uri is None:
        members = (client.jwks or {}).get("keys")
        keys = read_keys(members) if isinstance(members, list) else ()
        if choose(keys, alg) is None:
            yield alg_name, f"{alg_name} needs a key for {alg} in jwks, or jwks_uri"


def public_keys(jwks: Mapping[str, Any], *, encrypting: bool) -> bool:
    """Return True if `jwks` holds 1 to 20 keys, each public and of a kind that is used here.

    One that says nothing of its use is for `encrypting` where that is wanted at all.
    """
    found = jwks.get("keys")
    if not isinstance(found, list) or not 0 < len(found) <= MAX_KEYS:
        return False
    return all(is_of_use(one, encrypting=encrypting) for one in found)
