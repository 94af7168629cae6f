"""The CIBA grant (CIBA Core 1.0 section 10.1): tokens once a person answered an application."""

from authlib.oauth2.rfc6749.errors import InvalidGrantError

from idp.crypto import Keyring
from idp.oidc.token_endpoint.elsewhere import GrantElsewhere
from idp.oidc.token_endpoint.grant import Granted, TokenRequest
from idp.oidc.vocabulary import CIBA
from idp.store.db import Work
from idp.store.oidc import ciba_requests
from idp.store.oidc.ciba_requests import CibaRow

GRANT = CIBA


def digest_of(keyring: Keyring, auth_req_id: str) -> str:
    """Return what is stored of an auth_req_id. No code of another kind has that digest."""
    return keyring.keyed_digest("auth-req-id", auth_req_id)


class CibaGrant(GrantElsewhere):
    """The auth_req_id of a request that its person has answered."""

    name = GRANT
    public = False
    parameter = "auth_req_id"
    kind = "auth_req_id"
    requests = ciba_requests.REQUESTS

    def digest(self, keyring: Keyring, code: str) -> str:
        return digest_of(keyring, code)

    def not_claimed(self, request: TokenRequest, granted: Granted) -> Granted:
        """Used before, which ends nothing: whoever asks has proved itself, and no browser had it.

        A ping may come twice, and an application asks once for each.
        """
        raise InvalidGrantError(f"the {self.kind} was used, has expired, or was revoked")

    def find(self, work: Work, digest: str) -> CibaRow | None:
        return ciba_requests.by_code(work, digest)
