"""Which key signs a token of a client, and what is said where there is none."""

import logging

from authlib.oauth2 import OAuth2Error

from idp.errors import PageError
from idp.language import _
from idp.oidc.clients.client import Client
from idp.oidc.jose.signing import Signer
from idp.oidc.tokens.signing_keys import Keys
from idp.store.db import Work

_log = logging.getLogger("acrux.oidc")


class NoKey(OAuth2Error):
    """The installation has no key for the algorithm that a client is registered with.

    Its key was withdrawn, or does not sign yet. Nothing is used up: the client may ask again.
    """

    error = "temporarily_unavailable"

    def __init__(self, alg: str) -> None:
        super().__init__(description=f"there is no key for {alg}", status_code=503)


def signer(work: Work, keys: Keys, alg: str) -> Signer:
    """Return the key that signs by `alg` now.

    Raises:
        NoKey: there is none.
    """
    found = keys.ring(work).signers.get(alg)
    if found is None:
        _log.error("there is no key for %s, which a client is registered for", alg)
        raise NoKey(alg)
    return found


def of_access_tokens(work: Work, keys: Keys, client: Client) -> Signer | None:
    """Return the key that signs the client's access tokens; None where they are not signed.

    Raises:
        NoKey: they are, and there is none.
    """
    if not client.signs_access_tokens:
        return None
    return signer(work, keys, client.access_token_signing_alg)


def check_for_a_page(work: Work, keys: Keys, client: Client) -> None:
    """Find out before anything is made whether the client's tokens can be signed.

    Raises:
        PageError: there is no key for one of them.
    """
    try:
        signer(work, keys, client.id_token_signed_response_alg)
        of_access_tokens(work, keys, client)
    except NoKey as error:
        raise PageError(
            _("This sign-in cannot be finished"),
            _(
                "The application asks for something that we cannot give now: %(why)s.",
                why=error.description,
            ),
            _("Try again later, or tell the people who run the application."),
            503,
        ) from None
