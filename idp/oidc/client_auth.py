"""Client authentication (RFC 6749 section 2.3, OIDC Core section 9): who calls this endpoint?

The registered way is the only way. Every failure is one and the same answer, whether the client is
unknown, its secret wrong or its way another; the audit trail says which assertion failed and why.
"""

from collections.abc import Collection

from idp import crypto
from idp.oidc.client_assertions import METHODS as ASSERTION_METHODS
from idp.oidc.client_assertions import Assertions, Audiences, claimed_client
from idp.oidc.client_keys import ClientKeys, InvalidAssertion
from idp.oidc.client_presented import (
    ASSERTION,
    BASIC,
    FAILED,
    NONE,
    POST,
    AuthenticationFailed,
    Credentials,
)
from idp.oidc.client_throttle import ClientThrottle
from idp.oidc.clients import Client, Registry
from idp.store.db import Work


class ClientAuthentication:
    """Authenticates clients. Threads share one."""

    def __init__(
        self, issuer: str, registry: Registry, keyring: crypto.Keyring, keys: ClientKeys
    ) -> None:
        self._issuer = issuer
        self._registry = registry
        self._assertions = Assertions(keyring, keys)
        self._throttle = ClientThrottle(keyring)

    def client(
        self, work: Work, shown: Credentials, methods: Collection[str], endpoint: str
    ) -> Client:
        """Return the client that `shown` proves, if `methods` has its way of proving it.

        `endpoint` is the last part of the address that was called. A success by a secret, or
        without one, costs no statement; one by an assertion stores that it was used.

        Raises:
            AuthenticationFailed: status 401, the same for every reason.
            SlowDown: status 429, after too many failures from this source.
        """
        client, why = self._find(work, shown)
        # A public client has nothing to guess, and its people share addresses with strangers.
        name = client.client_id if client and not client.public else ""
        if shown.method != NONE:
            self._throttle.check(work, name)
        try:
            if client is None:
                raise AuthenticationFailed(why)
            self._verify(work, client, shown, methods, endpoint)
        except AuthenticationFailed:
            self._throttle.failed(work, name)
            raise
        return client

    def _find(self, work: Work, shown: Credentials) -> tuple[Client | None, str]:
        """Return the client that a request names, or None and why there is none."""
        name = shown.client_id
        if shown.method == ASSERTION:
            try:
                claimed = claimed_client(shown.proof)
            except InvalidAssertion as error:
                return None, str(error)
            if name not in ("", claimed):
                return None, "client_id is not that of the assertion"
            name = claimed
        return self._registry.find(work, name), FAILED

    def _verify(
        self,
        work: Work,
        client: Client,
        shown: Credentials,
        methods: Collection[str],
        endpoint: str,
    ) -> None:
        registered = client.token_endpoint_auth_method
        used = registered if shown.method == ASSERTION else shown.method
        if used != registered or registered not in methods:
            raise AuthenticationFailed()
        if shown.method == ASSERTION and registered in ASSERTION_METHODS:
            self._accept(work, client, shown.proof, endpoint)
        elif shown.method != NONE and not self._knows_secret(client, shown):
            raise AuthenticationFailed()

    @staticmethod
    def _knows_secret(client: Client, shown: Credentials) -> bool:
        return shown.method in (BASIC, POST) and client.check_client_secret(shown.proof)

    def _accept(self, work: Work, client: Client, text: str, endpoint: str) -> None:
        addresses = frozenset(f"{self._issuer}/{name}" for name in ("token", endpoint))
        try:
            audiences = Audiences(self._issuer, addresses)
            self._assertions.accept(work, client, text, audiences)
        except InvalidAssertion as error:
            raise AuthenticationFailed(str(error)) from None
