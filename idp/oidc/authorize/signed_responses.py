"""Answers that are signed (JARM 1.0): one parameter, `response`, which holds all the others.

Encrypted after that, for an application that asks for it (section 2.2).

Owns what such a token says, and what its modes are called. How it travels is as of any answer.
"""

from collections.abc import Mapping
from typing import NamedTuple

from idp import clock
from idp.errors import PageError
from idp.language import _
from idp.oidc.client_auth.keys import ClientKeys, NoEncryptionKey
from idp.oidc.clients.client import Client
from idp.oidc.clients.registry import Registry
from idp.oidc.jose.encrypting import Recipient
from idp.oidc.jose.signing import Signer, signed
from idp.oidc.tokens.issuer import Issuer
from idp.oidc.tokens.signers import NoKey
from idp.store.db import Work

TYPE = "JWT"
LIFETIME = 600
"""Seconds in which an application takes the answer (JARM section 2.1: ten minutes)."""
_SIGNED = ".jwt"


def is_signed(mode: str) -> bool:
    """Return True for a mode in which the answer is signed."""
    return mode.endswith(_SIGNED)


def carrier(mode: str) -> str:
    """Return how an answer travels: query, fragment or form_post."""
    return mode.removesuffix(_SIGNED)


class Packing(NamedTuple):
    """How an answer is packed: signed, and perhaps encrypted to an application."""

    signer: Signer
    recipient: Recipient | None


class SignedResponses:
    """Makes such answers. Threads share one."""

    def __init__(self, registry: Registry, issuer: Issuer, keys: ClientKeys) -> None:
        self._registry = registry
        self._issuer = issuer
        self._keys = keys

    def packing(self, work: Work, client_id: str, mode: str) -> Packing | None:
        """Return how an answer will be packed, before anything is used up for it.

        None where it is not to be.

        Raises:
            PageError: there is no such key now, or no such application any more.
        """
        if not is_signed(mode):
            return None
        client = self._registry.find(work, client_id)
        try:
            if client is not None:
                return Packing(
                    self._issuer.signer(work, client.response_alg), self._recipient(work, client)
                )
        except (NoKey, NoEncryptionKey):
            pass
        raise PageError(
            _("This sign-in cannot be finished"),
            _("The application asks for an answer that we cannot sign now."),
            _("Try again later, or tell the people who run the application."),
            503,
            client=client_id,
        )

    def _recipient(self, work: Work, client: Client) -> Recipient | None:
        """Return how the answer is encrypted; its key is registered, and nothing is fetched."""
        alg = client.authorization_encrypted_response_alg
        if alg is not None and client.jwks is None:
            raise NoEncryptionKey(alg)
        enc = client.authorization_encrypted_response_enc
        return self._keys.recipient(work, client, alg, enc)

    def packed(self, packing: Packing, client_id: str, fields: Mapping[str, str]) -> dict[str, str]:
        """Return `fields` as one (JARM section 2.1); `iss` is among them."""
        said = {**fields, "aud": client_id, "exp": clock.now() + LIFETIME}
        token = signed(packing.signer, said, TYPE)
        if packing.recipient is not None:
            token = packing.recipient.encrypted(token)
        return {"response": token}
