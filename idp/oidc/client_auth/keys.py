"""The public keys of clients: whose signature is this, and what is encrypted to them by.

RFC 7517; OpenID Connect Core sections 10.1 and 10.2.

Keys are registered (`jwks`) or published by the client (`jwks_uri`, see
`idp.oidc.client_auth.key_sets`). A key is picked by `kid`, algorithm and use. Symmetrical keys have
no place here, and no header tells us which key to trust: `jwk`, `jku` and `x5c` of a token are
ignored (RFC 8725 section 3.10).
"""

from collections.abc import Mapping
from typing import Any

from authlib.oauth2 import OAuth2Error

from idp.egress import Fetcher
from idp.oidc.client_auth.key_sets import Busy, KeySets
from idp.oidc.clients.client import Client
from idp.oidc.jose.compact import InvalidAssertion, read_header, verified_claims
from idp.oidc.jose.encrypting import USUAL_ENC, EncryptionKey, Recipient
from idp.oidc.jose.encrypting import choose as choose_recipient
from idp.oidc.jose.key_reading import KINDS, choose
from idp.oidc.jose.published import Published, read
from idp.store.db import Work

_MAX_CLIENTS = 10_000


class KeysBusy(OAuth2Error):
    """The keys of a client could not be looked at now: nothing is said of who it is (RFC 6749)."""

    error = "temporarily_unavailable"
    wait = 5
    """Seconds after which a place is free: the longest that a fetch takes."""

    def __init__(self) -> None:
        super().__init__(description="the keys cannot be fetched now", status_code=503)


class NoEncryptionKey(OAuth2Error):
    """A client wants something encrypted, and publishes no key for it: nothing is told instead."""

    error = "invalid_request"

    def __init__(self, alg: str) -> None:
        super().__init__(
            description=f"the client publishes no key for {alg}, by which it wants this encrypted",
            status_code=400,
        )


class ClientKeys:
    """Verifies what clients signed. Threads share one."""

    def __init__(self, fetcher: Fetcher, seconds: int) -> None:
        """Keep fetched keys for `seconds` at most (`oidc.client_keys_cache`)."""
        self._sets: KeySets[Published] = KeySets(fetcher, seconds, read)
        self._registered: dict[str, tuple[Mapping[str, Any], Published]] = {}

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
        if header.alg not in algs or header.alg not in KINDS:
            raise InvalidAssertion("the algorithm is not one of those for this client")
        alg, kid = header.alg, header.kid
        if client.jwks is not None:
            found = verified_claims(token, choose(self._inline(client).signing, alg, kid), alg)
        elif client.jwks_uri is not None:
            found = self._by_address(work, client, client.jwks_uri, token, alg, kid)
        else:
            raise InvalidAssertion("the client has no keys")
        if found is None:
            raise InvalidAssertion("the signature is not of a key of this client")
        return found

    def has_certificate(self, work: Work, client: Client, thumbprint: str) -> bool:
        """Return True if a certificate is one of those of a client (RFC 8705 section 2.2.2).

        Raises:
            InvalidAssertion: its keys cannot be had.
            KeysBusy: whether it is can be said later.
        """
        if client.jwks is not None:
            return thumbprint in self._inline(client).certificates
        if client.jwks_uri is None:
            raise InvalidAssertion("the client has no keys")
        try:
            held = self._sets.current(work, client.jwks_uri, strange=client.unvetted)
            if held is None:
                raise InvalidAssertion("the keys of the client cannot be had")
            if thumbprint in held.content.certificates:
                return True
            newer = self._sets.newer(work, client.jwks_uri, held, strange=client.unvetted)
        except Busy:
            raise KeysBusy from None
        return newer is not None and thumbprint in newer.content.certificates

    def recipient(
        self, work: Work, client: Client, alg: str | None, enc: str | None
    ) -> Recipient | None:
        """Return how something is encrypted to a client by `alg`; None where that is not wanted.

        May fetch the client's keys; what `work` did so far is committed then.

        Raises:
            NoEncryptionKey: there is none that fits.
            KeysBusy: they cannot be looked at now.
        """
        if alg is None:
            return None
        if client.jwks_uri is None:
            found = choose_recipient(self._inline(client).encrypting, alg) if client.jwks else None
        else:
            found = self._published(work, client, client.jwks_uri, alg)
        if found is None:
            raise NoEncryptionKey(alg)
        return Recipient(found, alg, enc or USUAL_ENC)

    def _published(self, work: Work, client: Client, uri: str, alg: str) -> EncryptionKey | None:
        try:
            held = self._sets.current(work, uri, strange=client.unvetted)
            if held is None:
                raise KeysBusy
            found = choose_recipient(held.content.encrypting, alg)
            if found is None:
                newer = self._sets.newer(work, uri, held, strange=client.unvetted)
                found = choose_recipient(newer.content.encrypting, alg) if newer else None
        except Busy:
            raise KeysBusy from None
        return found

    def _by_address(
        self, work: Work, client: Client, uri: str, token: str, alg: str, kid: str | None
    ) -> dict[str, Any] | None:
        """Try the keys that are here; when none fits, ask for newer ones: not every client gives
        new keys new names."""
        try:
            held = self._sets.current(work, uri, strange=client.unvetted)
            if held is None:
                raise InvalidAssertion("the keys of the client cannot be had")
            found = verified_claims(token, choose(held.content.signing, alg, kid), alg)
            if found is not None:
                return found
            newer = self._sets.newer(work, uri, held, strange=client.unvetted)
        except Busy:
            raise KeysBusy from None
        if newer is None:
            return None
        return verified_claims(token, choose(newer.content.signing, alg, kid), alg)

    def _inline(self, client: Client) -> Published:
        """Return registered keys, parsed once for as long as they stay the same."""
        assert client.jwks is not None
        kept = self._registered.get(client.client_id)
        if kept is not None and kept[0] == client.jwks:
            return kept[1]
        if len(self._registered) >= _MAX_CLIENTS:
            self._registered.clear()
        found = read(client.jwks)
        self._registered[client.client_id] = (client.jwks, found)
        return found
