"""A code that came back to an address of ours, in the name of an application: redeemed right here.

The same grant as at /token (RFC 6749 section 4.1.3), without its request: nobody authenticates,
because it is Acrux itself that asked.
"""

import logging
from typing import Any

from authlib.oauth2 import OAuth2Error

from idp.oidc.clients.client import Client
from idp.oidc.token_endpoint.code import CodeGrant
from idp.oidc.token_endpoint.endpoint import issued
from idp.oidc.token_endpoint.grant import TokenRequest
from idp.oidc.tokens.issuer import Issuer
from idp.store.db import Work

_log = logging.getLogger("acrux.oidc")
_GRANT = CodeGrant()


def redeem(
    work: Work, client: Client, issuer: Issuer, *, code: str, redirect_uri: str, verifier: str
) -> dict[str, Any] | None:
    """Return the token response for a code of `client`; None where it is worth nothing.

    It is used up in the transaction that stores the tokens, which is committed.
    """
    form = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    try:
        return issued(_GRANT, TokenRequest(work, client, form, issuer))
    except OAuth2Error as error:
        _log.warning("a code for %s was not redeemed: %s", client.client_id, error.error)
        return None
