"""Client authentication (RFC 6749 section 2.3, OIDC Core section 9): who calls this endpoint?

The registered way is the only way, with one exception: a secret may come in the header or in the
form, whichever of the two is registered, unless the client is registered strictly. Libraries choose
one of them by themselves or try both (Go's x/oauth2), and the secret proves the same. Every failure
is one and the same answer, whether the client is unknown, its secret wrong or its way another; the
audit trail says which check failed.
"""

from collections.abc import Collection

from idp import crypto
from idp.oidc.client_auth.assertions import METHODS as ASSERTION_METHODS
from idp.oidc.client_auth.assertions import Assertions, Audiences, claimed_client
from idp.oidc.client_auth.keys import ClientKeys, InvalidAssertion
from idp.oidc.client_auth.mutual_tls import MutualTls
from idp.oidc.client_auth.presented import (
    ASSERTION,
    BASIC,
    NONE,
    POST,
    AuthenticationFailed,
    Credentials,
)
from idp.oidc.client_auth.throttle import ClientThrottle
from idp.oidc.clients.client import Client
from idp.oidc.clients.registry import Registry
from idp.oidc.vocabulary import MUTUAL_TLS_METHODS
from idp.store.db import Work
from idp.web.lane.plain import AnyRequest

SECRET = (BASIC, POST)
"""The two ways of sending a secret."""
_CAME = {
    BASIC: "the secret came in the header",
    POST: "the secret came in the form",
    ASSERTION: "an assertion came",
    NONE: "no credentials came",
}


class ClientAuthentication:
    """Authenticates clients. Threads share one."""

    def __init__(
        self,
        issuer: str,
        registry: Registry,
        keyring: crypto.Keyring,
        keys: ClientKeys,
        mutual_tls: MutualTls | None = None,
        also: str = "",
    ) -> None:
        """`also` is where certificates are asked for, if not at the issuer."""
        self._places = (issuer, also) if also else (issuer,)
        self._issuer = issuer
        self._mutual_tls = mutual_tls
        self._registry = registry
        self._assertions = Assertions(keyring, keys)
        self._throttle = ClientThrottle(keyring)

    def client(
        self,
        work: Work,
        shown: Credentials,
        methods: Collection[str],
        endpoint: str,
        request: AnyRequest | None = None,
    ) -> Client:
        """Return the client that `shown` proves, if `methods` has its way of proving it.

        `endpoint` is the last part of the address that was called, and a certificate came with
        `request`. A success by a secret, or without one, costs no statement; one by an assertion
        stores that it was used.

        Raises:
            AuthenticationFailed: status 401, the same for every reason.
            SlowDown: status 429, after too many failures from this source.
        """
        client, why = self._find(work, shown)
        try:
            if client is None:
                raise AuthenticationFailed(why)
            self._verify(work, client, shown, methods, endpoint)
            if client.token_endpoint_auth_method in MUTUAL_TLS_METHODS:
                self._connected(work, client, request)
        except AuthenticationFailed:
            # Only what fails is ever held back. A public client has nothing to guess, and its
            # people share addresses with strangers.
            named = client is not None and not client.public
            self._throttle.failed(work, client.client_id if client and named else "")
            raise
        return client

    def _find(self, work: Work, shown: Credentials) -> tuple[Client | None, str]:
        """Return the client that a request names, or None and why there is none."""
        try:
            name = named(shown)
        except InvalidAssertion as error:
            return None, str(error)
        return self._registry.find(work, name), "no client has this id"

    def _verify(
        self,
        work: Work,
        client: Client,
        shown: Credentials,
        methods: Collection[str],
        endpoint: str,
    ) -> None:
        registered = client.token_endpoint_auth_method
        if registered not in methods:
            raise AuthenticationFailed(f"{registered}, which is registered, will not do here")
        right = shown.method in SECRET and client.check_client_secret(shown.proof)
        if shown.method in SECRET and registered in SECRET and not right:
            raise AuthenticationFailed("the secret is wrong")
        if not _in_its_way(client, shown.method):
            raise AuthenticationFailed(f"{_CAME[shown.method]}; {registered} is registered")
        if shown.method == ASSERTION:
            self._accept(work, client, shown.proof, endpoint)

    def _connected(self, work: Work, client: Client, request: AnyRequest | None) -> None:
        if self._mutual_tls is None or request is None:
            raise AuthenticationFailed("nobody tells here which certificates come")
        self._mutual_tls.accept(work, client, request)

    def _accept(self, work: Work, client: Client, text: str, endpoint: str) -> None:
        names = ("token", endpoint)
        addresses = frozenset(f"{place}/{name}" for place in self._places for name in names)
        try:
            audiences = Audiences(self._issuer, addresses)
            self._assertions.accept(work, client, text, audiences)
        except InvalidAssertion as error:
            raise AuthenticationFailed(str(error)) from None


def _in_its_way(client: Client, method: str) -> bool:
    """Return True if the client may prove itself by what was shown."""
    registered = client.token_endpoint_auth_method
    if method == ASSERTION:
        return registered in ASSERTION_METHODS
    if method == NONE and registered in MUTUAL_TLS_METHODS:
        return True
    either = method in SECRET and registered in SECRET and not client.strict_authentication
    return either or method == registered


def named(shown: Credentials) -> str:
    """Return the id of the client that a request says it is of.

    Raises:
        InvalidAssertion: it says so in an assertion that names none, or another than the form.
    """
    if shown.method != ASSERTION:
        return shown.client_id
    claimed = claimed_client(shown.proof)
    if shown.client_id not in ("", claimed):
        raise InvalidAssertion("client_id is not that of the assertion")
    return claimed
