"""The device authorization endpoint (RFC 8628 sections 3.1 and 3.2): a device is given two codes.

Owns what it may ask, and how many may. It never asks a person: that is `pages`.
"""

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import UnauthorizedClientError

from idp import crypto
from idp.oidc import device_codes as codes
from idp.oidc.client_requests import ClientRequest, ClientRequests
from idp.oidc.clients.client import Client
from idp.oidc.device.asked import CHECKS, RESUMES
from idp.oidc.elsewhere.asked import Asked, as_demand
from idp.oidc.errors import RequestError, for_the_wire
from idp.oidc.json_answers import answer
from idp.oidc.provider import Provider
from idp.oidc.token_endpoint.device import GRANT
from idp.oidc.tokens import lifetimes
from idp.oidc.vocabulary import ALL_AUTH_METHODS
from idp.oidc.windows import Windows
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.store.db import Work
from idp.store.oidc import device_requests
from idp.web.lane.plain import Answer, AnyRequest

ENDPOINT = "device_authorization"
PAGE = "/device"
LIFETIME = 900
"""Seconds in which a person must have answered."""
WAIT = 5
"""Seconds between two questions of the device, until it asks too soon (RFC 8628 section 3.5)."""
FROM_ONE_SOURCE = Window(60, 600)
FROM_ALL = Window(6_000, LIFETIME)
"""So many requests are open at most, twice that where two windows meet."""
_DRAWS = 5
"""Codes that are drawn until one is free; the first is, but for once in a million."""


class DeviceAuthorizationEndpoint:
    """What /device_authorization needs. Threads share one."""

    def __init__(self, provider: Provider, requests: ClientRequests) -> None:
        self._requests = requests
        self._windows = Windows("too many devices ask")
        self._issuer = provider.issuer.name
        self._apis = provider.apis
        self._keyring = provider.installation.keyring
        self._rules = provider.installation.settings.oidc

    def answer(self, work: Work, request: AnyRequest) -> Answer:
        """Answer POST /device_authorization, or refuse by the standard's error."""
        return self._requests.answer(work, request, ENDPOINT, self._begin)

    def _begin(self, work: Work, asked: ClientRequest) -> Answer:
        """Store a request of a client that proves who it is, and hand its codes out.

        Raises:
            OAuth2Error: it does not, may not ask, or asks for what cannot be had.
        """
        client = self._requests.authenticate(work, asked, ALL_AUTH_METHODS)
        _check(client)
        try:
            wish = Asked(
                parameters=asked.form,
                client=client,
                issuer=self._issuer,
                apis=lambda: self._apis.all(work),
            )
            found = CHECKS.run(wish)
        except RequestError as error:
            raise OAuth2Error(
                error=error.error, description=for_the_wire(error.description)
            ) from None
        self._count(work, client)
        request_id, device_code = crypto.random_token(16), crypto.random_token(32)
        keeps = lifetimes.connected(client, self._rules)
        returns = RESUMES.format(request=request_id)
        demand = as_demand(returns, wish, found, keeps).to_json()
        user_code = self._stored(work, client, request_id, device_code, demand)
        page, shown = f"{self._issuer}{PAGE}", codes.shown(user_code)
        body = {
            "device_code": device_code,
            "user_code": shown,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={shown}",
            "expires_in": LIFETIME,
            "interval": WAIT,
        }
        return answer(200, body)

    def _count(self, work: Work, client: Client) -> None:
        """Count one request more.

        A client that proves itself is one server, perhaps, which asks for all its devices.

        Raises:
            SlowDown: it is one too many of this source, or of all.
        """
        if client.public:
            own = throttle_keys.device_requests(work.caller.address)
            self._windows.count(work, own, FROM_ONE_SOURCE)
        self._windows.count(work, throttle_keys.DEVICE_REQUESTS, FROM_ALL)

    def _stored(
        self, work: Work, client: Client, request_id: str, device_code: str, demand: str
    ) -> str:
        """Store the request under a code for a person, and return that.

        Raises:
            UnauthorizedClientError: the client was deleted a moment ago.
        """
        for _ in range(_DRAWS):
            user_code = codes.new_user_code()
            added = device_requests.add(
                work,
                id=request_id,
                device_digest=codes.device_digest(self._keyring, device_code),
                user_digest=codes.user_digest(self._keyring, user_code),
                lifetime=LIFETIME,
                client_id=client.client_id,
                request=demand,
                address=(work.caller.address or "")[:64] or None,
                browser=work.caller.browser,
                wait=WAIT,
            )
            if added:
                return user_code
        raise UnauthorizedClientError("the client was deleted")


def _check(client: Client) -> None:
    """Refuse a client that is not registered for it, or that nobody here has looked at.

    Of one that registered itself a page could say nothing but what it says of itself: no address
    of its own is part of this sign-in, and whoever sends people codes chooses the name.

    Raises:
        UnauthorizedClientError: with the reason.
    """
    if GRANT not in client.grant_types:
        raise UnauthorizedClientError(f"The client is not authorized to use 'grant_type={GRANT}'")
    if client.unvetted:
        raise UnauthorizedClientError("an operator has to vouch for this client before")
