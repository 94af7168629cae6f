"""Secrets of clients: drawn here, told once, kept as a digest, sealed where the client signs.

A secret has 256 bits, so that its plain digest is enough at rest (RFC 9700), and so that it is long
enough as a key of HS256 (RFC 7518 section 3.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwk

from idp import clock, crypto
from idp.oidc.clients.client import Client
from idp.store.oidc.clients import secret_place

SECRET_METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
"""The ways of client authentication that need a secret."""
SIGNING_METHOD = "client_secret_jwt"
"""The one way in which we must know the secret itself, to verify what it signed."""

FORMER = "former_secret"
"""Where among what is stored of a client the secret stands that was replaced and works a while."""


@dataclass(frozen=True)
class NewSecret:
    """A secret that was just drawn: `text` is shown once, the others are stored."""

    text: str = field(repr=False)
    digest: str = field(repr=False)
    sealed: bytes | None = field(repr=False)


def new_secret(keyring: crypto.Keyring, client_id: str, method: str) -> NewSecret:
    """Return a secret for a client that authenticates by `method`.

    Raises:
        ValueError: a method without a secret, see `SECRET_METHODS`.
    """
    return kept_secret(keyring, client_id, method, crypto.random_token())


def kept_secret(keyring: crypto.Keyring, client_id: str, method: str, text: str) -> NewSecret:
    """Return how a secret is stored that a client has already.

    Raises:
        ValueError: a method without a secret, see `SECRET_METHODS`.
    """
    if method not in SECRET_METHODS:
        raise ValueError(f"{method} has no secret")
    sealed = None
    if method == SIGNING_METHOD:
        sealed = keyring.seal(text.encode(), secret_place(client_id))
    return NewSecret(text, crypto.digest(text), sealed)


def kept_former(former: Mapping[str, Any] | None, client: Client) -> dict[str, Any]:
    """Return what is stored of a replaced secret as long as it works, for a client with secrets."""
    works = former is not None and clock.now() < former["until"]
    has_secret = client.token_endpoint_auth_method in SECRET_METHODS
    return {FORMER: former} if works and has_secret else {}


def signing_key(keyring: crypto.Keyring, client: Client) -> jwk.OctKey | None:
    """Return the secret as a key of HS256 (OIDC Core 10.1: its UTF-8 bytes); None if not sealed."""
    if client.sealed_secret is None:
        return None
    return jwk.OctKey.import_key(keyring.open(client.sealed_secret, secret_place(client.client_id)))
