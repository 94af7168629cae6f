"""Clients that are known by a certificate: tls_client_auth and self_signed_tls_client_auth.

RFC 8705 section 2. By the first somebody who is trusted issued it, and it has the one name that is
registered; by the second it is itself among the keys of the client (`x5c`), whoever issued it.
"""

from idp.oidc.certificates import names
from idp.oidc.certificates.shown import Certificates, NoCertificate, Shown
from idp.oidc.client_auth.keys import ClientKeys
from idp.oidc.client_auth.presented import AuthenticationFailed
from idp.oidc.clients.client import Client
from idp.oidc.jose.compact import InvalidAssertion
from idp.oidc.vocabulary import TLS_CLIENT_AUTH
from idp.store.db import Work
from idp.web.lane.plain import AnyRequest


class MutualTls:
    """Authenticates by certificates. Threads share one."""

    def __init__(self, certificates: Certificates, keys: ClientKeys) -> None:
        self._certificates = certificates
        self._keys = keys

    def accept(self, work: Work, client: Client, request: AnyRequest) -> None:
        """Let a client pass whose certificate came with `request`. May fetch the client's keys.

        Raises:
            AuthenticationFailed: none came, or not the client's.
            KeysBusy: whether it is the client's can be said later.
        """
        try:
            shown = self._certificates.shown(request)
        except NoCertificate as error:
            raise AuthenticationFailed(str(error)) from None
        if client.token_endpoint_auth_method == TLS_CLIENT_AUTH:
            _check_issued(client, shown)
            return
        try:
            if not self._keys.has_certificate(work, client, shown.thumbprint):
                raise AuthenticationFailed("the certificate is none of this client's keys")
        except InvalidAssertion as error:
            raise AuthenticationFailed(str(error)) from None


def _check_issued(client: Client, shown: Shown) -> None:
    """Demand that somebody vouches for a certificate, and that it has the client's name.

    Raises:
        AuthenticationFailed: one of the two is not so.
    """
    if not shown.vouched:
        raise AuthenticationFailed("nobody who is trusted issued the certificate")
    for member in names.MEMBERS:
        value = getattr(client, member)
        if value is not None:
            if names.is_called(shown.certificate, member, value):
                return
            raise AuthenticationFailed(f"the certificate has another name than {member}")
    raise AuthenticationFailed("no name of a certificate is registered")
