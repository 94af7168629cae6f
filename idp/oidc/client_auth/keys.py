"""The public keys of clients: whose signature is this? (RFC 7517; OIDC Core 10.1)

Keys are registered (`jwks`) or published by the client (`jwks_uri`, see
`idp.oidc.client_auth.key_sets`). A key is picked by `kid`, algorithm and use. Symmetrical keys have
no place here, and no header tells us which key to trust: `jwk`, `jku` and `x5c` of a token are
ignored (RFC 8725 section 3.10).
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error
from joserfc import jwk
from joserfc.errors import JoseError

from idp.egress import Fetcher
from idp.oidc.client_auth.key_sets import Busy, KeySets
from idp.oidc.clients.registry import Client
from idp.oidc.jose.compact import InvalidAssertion, read_header, verified_claims
from idp.store.db import Work

__all__ = ["ClientKeys", "InvalidAssertion", "KeysBusy", "PublicKey", "read_keys"]

MAX_KEYS = 20
"""Keys of one set that are looked at."""
RSA_BITS = range(2048, 8193)
"""Smaller ones are weak (SP 800-131A); larger ones let a stranger keep us busy."""
_KINDS: dict[str, type[jwk.RSAKey] | type[jwk.ECKey]] = {
    "RS256": jwk.RSAKey,
    "PS256": jwk.RSAKey,
    "ES256": jwk.ECKey,
}
_MAX_CLIENTS = 10_000


@dataclass(frozen=True)
class PublicKey:
    """A key that verifies signatures, with what its owner says of it."""

    kid: str | None
    alg: str | None
    key: jwk.RSAKey | jwk.ECKey

    def fits(self, alg: str) -> bool:
        """Say whether this key may verify `alg`."""
        kind = _KINDS.get(alg)
        return kind is not None and isinstance(self.key, kind) and self.alg in (None, alg)


class KeysBusy(OAuth2Error):
    """The keys of a client could not be looked at now: nothing is said of who it is (RFC 6749)."""

    error = "temporarily_unavailable"
    wait = 5
    """Seconds after which a place is free: the longest that a fetch takes."""

    def __init__(self) -> None:
        super().__init__(description="the keys cannot be fetched now", status_code=503)


class ClientKeys:
    """Verifies what clients signed. Threads share one."""

    def __init__(self, fetcher: Fetcher, seconds: int) -> None:
        """Keep fetched keys for `seconds` at most (`oidc.client_keys_cache`)."""
        self._sets: KeySets[tuple[PublicKey, ...]] = KeySets(fetcher, seconds, read_keys)
        self._registered: dict[str, tuple[Mapping[str, Any], tuple[PublicKey, ...]]] = {}

    def claims(
        self, work: Work, client: Client, token: str, algs: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return the claims of a JWT that `client` signed by one of `algs`.

        Only the signature is checked here. May fetch the client's keys: call it before the first
        write of `work`.

        Raises:
            InvalidAssertion: not signed by this client, or its keys cannot be had.
            KeysBusy: whether it is can be said later.
        """
        header = read_header(token)
        if header.alg not in algs or header.alg not in _KINDS:
            raise InvalidAssertion("the algorithm is not one of those for this client")
        alg, kid = header.alg, header.kid
        if client.jwks is not None:
            found = verified_claims(token, _choose(self._inline(client), alg, kid), alg)
        elif client.jwks_uri is not None:
            found = self._by_address(work, client, client.jwks_uri, token, alg, kid)
        else:
            raise InvalidAssertion("the client has no keys")
        if found is None:
            raise InvalidAssertion("the signature is not of a key of this client")
        return found

    def _by_address(
        self, work: Work, client: Client, uri: str, token: str, alg: str, kid: str | None
    ) -> dict[str, Any] | None:
        """Try the keys at hand; when none fits, ask for newer ones: not every client that changes
        its keys gives them new names."""
        try:
            held = self._sets.current(work, uri, strange=client.unvetted)
            if held is None:
                raise InvalidAssertion("the keys of the client cannot be had")
            found = verified_claims(token, _choose(held.content, alg, kid), alg)
            if found is not None:
                return found
            newer = self._sets.newer(work, uri, held, strange=client.unvetted)
        except Busy:
            raise KeysBusy from None
        if newer is None:
            return None
        return verified_claims(token, _choose(newer.content, alg, kid), alg)

    def _inline(self, client: Client) -> tuple[PublicKey, ...]:
        """Return registered keys, parsed once for as long as they stay the same."""
        assert client.jwks is not None
        kept = self._registered.get(client.client_id)
        if kept is not None and kept[0] == client.jwks:
            return kept[1]
        if len(self._registered) >= _MAX_CLIENTS:
            self._registered.clear()
        found = read_keys(client.jwks)
        self._registered[client.client_id] = (client.jwks, found)
        return found


def _choose(keys: Iterable[PublicKey], alg: str, kid: str | None) -> list[jwk.RSAKey | jwk.ECKey]:
    """Return the keys that may have signed: that `kid`, or all that fit when there is none.

    A set without any kid fits every kid: a name is no proof, the signature is.
    """
    fitting = [key for key in keys if key.fits(alg)]
    if kid is not None:
        named = [key for key in fitting if key.kid == kid]
        fitting = named or [key for key in fitting if key.kid is None]
    return [key.key for key in fitting]


def read_keys(jwks: Mapping[str, Any]) -> tuple[PublicKey, ...]:
    """Return the keys of a JWK Set that can be used here; others are left out (RFC 7517 5).

    Raises:
        ValueError: this is no JWK Set.
    """
    found = jwks.get("keys")
    if not isinstance(found, list):
        raise ValueError("a JWK Set has a list of keys")
    read = (_read_key(member) for member in found[:MAX_KEYS])
    return tuple(key for key in read if key is not None)


def _read_key(member: Any) -> PublicKey | None:
    if not isinstance(member, dict) or "d" in member or "k" in member:
        return None  # a private key that is published is everybody's
    operations = member.get("key_ops", ["verify"])
    if member.get("use", "sig") != "sig" or not isinstance(operations, list):
        return None
    kid, alg = member.get("kid"), member.get("alg")
    if "verify" not in operations or not isinstance(kid, str | None):
        return None
    if alg is not None and (not isinstance(alg, str) or alg not in _KINDS):
        return None
    try:
        return PublicKey(kid, alg, _import(member))
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _import(member: Mapping[str, Any]) -> jwk.RSAKey | jwk.ECKey:
    """Import the numbers alone: nothing else that stands in a JWK changes the key."""
    if member.get("kty") == "RSA":
        if _bits(member["n"]) not in RSA_BITS:
            raise ValueError("an RSA key of this size is not used")
        return jwk.RSAKey.import_key({"kty": "RSA", "n": member["n"], "e": member["e"]})
    if member.get("kty") == "EC" and member.get("crv") == "P-256":
        return jwk.ECKey.import_key(
            {"kty": "EC", "crv": "P-256", "x": member["x"], "y": member["y"]}
        )
    raise ValueError("a key of another type")


def _bits(number: str) -> int:
    text = number[:2000]
    raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    return int.from_bytes(raw, "big").bit_length()
