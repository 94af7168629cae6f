"""Answers that are signed (JARM 1.0): one parameter, `response`, which holds all the others.

Owns what such a token says, and what its modes are called. How it travels is as of any answer.
"""

from collections.abc import Mapping

from idp import clock
from idp.errors import PageError
from idp.language import _
from idp.oidc.clients.registry import Registry
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


class SignedResponses:
    """Makes such answers. Threads share one."""

    def __init__(self, registry: Registry, issuer: Issuer) -> None:
        self._registry = registry
        self._issuer = issuer

    def signer(self, work: Work, client_id: str, mode: str) -> Signer | None:
        """Return what an answer will be signed with, before anything is used up for it.

        None where it is not to be.

        Raises:
            PageError: there is no such key now, or no such application any more.
        """
        if not is_signed(mode):
            return None
        client = self._registry.find(work, client_id)
        try:
            if client is not None:
                return self._issuer.signer(work, client.response_alg)
        except NoKey:
            pass
        raise PageError(
            _("This sign-in cannot be finished"),
            _("The application asks for an answer that we cannot sign now."),
            _("Try again later, or tell the people who run the application."),
            503,
            client=client_id,
        )

    def packed(self, signer: Signer, client_id: str, fields: Mapping[str, str]) -> dict[str, str]:
        """Return `fields` as one (JARM section 2.1); `iss` is among them."""
        said = {**fields, "aud": client_id, "exp": clock.now() + LIFETIME}
        return {"response": signed(signer, said, TYPE)}
