"""The device grant (RFC 8628 section 3.4): tokens once a person let a device in elsewhere."""

from idp.crypto import Keyring
from idp.oidc import device_codes as codes
from idp.oidc.token_endpoint.elsewhere import GrantElsewhere
from idp.store.db import Work
from idp.store.oidc import device_requests
from idp.store.oidc.device_requests import DeviceRow

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class DeviceGrant(GrantElsewhere):
    """The code of a device that somebody has let in."""

    name = GRANT
    parameter = "device_code"
    kind = "device code"
    requests = device_requests.REQUESTS

    def digest(self, keyring: Keyring, code: str) -> str:
        return codes.device_digest(keyring, code)

    def find(self, work: Work, digest: str) -> DeviceRow | None:
        return device_requests.by_device(work, digest)
