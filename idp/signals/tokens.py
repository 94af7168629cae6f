"""Security event tokens (RFC 8417) as SSF 1.0 section 4.1 has them: typed, without sub and exp."""

from typing import Any

from idp.installation import Installation
from idp.oidc.clients.client import Client
from idp.oidc.jose.signing import signed
from idp.oidc.tokens import signing_keys
from idp.oidc.tokens.signers import signer
from idp.signals.vocabulary import TYPE
from idp.store.db import Work
from idp.store.signals.sets import SetRow


class Writer:
    """Signs tokens as the application's ID tokens are signed."""

    def __init__(self, installation: Installation) -> None:
        self._issuer = installation.settings.server.issuer
        self._keys = signing_keys.of(installation)

    def written(self, work: Work, client: Client, row: SetRow) -> str:
        """Return a token: the same each time, but for the signature.

        Raises:
            NoKey: there is none to sign by now.
        """
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": client.client_id,
            "iat": row.at,
            "jti": row.jti,
            **row.said,
        }
        key = signer(work, self._keys, client.id_token_signed_response_alg)
        return signed(key, claims, TYPE)
