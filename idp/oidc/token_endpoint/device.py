"""The device grant (RFC 8628 section 3.4): tokens for a device, once a person let it in elsewhere.

The device asks again and again. What a person's yes became is an Authorization whose code is the
device's: it works once, for its client, as the code of a browser does.
"""

from authlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
)

from idp.oidc import device_codes as codes
from idp.oidc.errors import AskedTooSoon, AuthorizationPending, ExpiredToken
from idp.oidc.token_endpoint.code import used_before, worth
from idp.oidc.token_endpoint.grant import Grant, Granted, TokenRequest
from idp.store.oidc import authorizations, device_requests
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.oidc.device_requests import DENIED, DeviceRow

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class DeviceGrant(Grant):
    """The code of a device that somebody has let in, for the client that it was given to."""

    name = GRANT

    def authorize(self, request: TokenRequest) -> Granted:
        return worth(request, _answered(request, _asking(request)))

    def not_claimed(self, request: TokenRequest, granted: Granted) -> Granted:
        """Used before, by someone who has the code too, or the person is gone meanwhile.

        A device that asks twice at once is told to slow down before it comes here.
        """
        raise used_before(request, _digest(request), "device code")


def _digest(request: TokenRequest) -> str:
    return codes.device_digest(request.issuer.keyring, request.form["device_code"])


def _asking(request: TokenRequest) -> DeviceRow:
    """Return the request that a device asks about; that it asks now is noted.

    Raises:
        InvalidRequestError: there is no code.
        InvalidGrantError: it is none of this client.
        AskedTooSoon: it did not wait.
    """
    if "device_code" not in request.form:
        raise InvalidRequestError("Missing 'device_code' in request.")
    row = device_requests.by_device(request.work, _digest(request))
    if row is None or row.client_id != request.client.client_id:
        raise InvalidGrantError("Invalid 'device_code' in request.")
    if not device_requests.asks(request.work, row):
        raise AskedTooSoon()
    return row


def _answered(request: TokenRequest, row: DeviceRow) -> AuthorizationRow:
    """Return what a person's yes became.

    Raises:
        AccessDeniedError: it was a no.
        AuthorizationPending, ExpiredToken: there is no answer, and perhaps will never be one.
        InvalidGrantError: what it became is gone.
    """
    if row.answer == DENIED:
        raise AccessDeniedError("the person did not let the device in")
    if row.answer is None:
        raise ExpiredToken() if row.over else AuthorizationPending()
    found = authorizations.by_code(request.work, _digest(request))
    if found is None:
        raise InvalidGrantError("the device code was revoked")
    return found
