"""Tokens for who asked behind the person's back, once that person said yes elsewhere.

Devices (RFC 8628 section 3.4) and CIBA (section 10.1) ask again and again. What a person's yes
became is an Authorization whose code is theirs: it works once, for its client, as the code of a
browser does.
"""

from abc import abstractmethod
from typing import ClassVar

from authlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
)

from idp.crypto import Keyring
from idp.oidc.errors import AskedTooSoon, AuthorizationPending, ExpiredToken
from idp.oidc.token_endpoint.code import used_before, worth
from idp.oidc.token_endpoint.grant import Grant, Granted, TokenRequest
from idp.store.db import Work
from idp.store.oidc import authorizations
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.oidc.elsewhere import ALLOWED, Elsewhere, RequestRow


class GrantElsewhere(Grant):
    """A code that somebody has let in, for the client that it was given to."""

    parameter: ClassVar[str]
    """The parameter that brings the code."""
    kind: ClassVar[str]
    """What the code is called in refusals and in the record."""
    requests: ClassVar[Elsewhere]

    @abstractmethod
    def digest(self, keyring: Keyring, code: str) -> str:
        """Return what is stored of a code. No code of another kind has that digest."""

    @abstractmethod
    def find(self, work: Work, digest: str) -> RequestRow | None:
        """Return the request of a code, whatever its state."""

    def authorize(self, request: TokenRequest) -> Granted:
        row = self._asking(request)
        if row.answer == ALLOWED:
            # A person who is deleted takes the authorization along, and then the request: whoever
            # held the request here and waited for the authorization would wait for ever.
            request.work.commit()
        return worth(request, self._answered(request, row))

    def not_claimed(self, request: TokenRequest, granted: Granted) -> Granted:
        """Used before, by someone who has the code too, or the person is gone meanwhile.

        Who asks twice at once is told to slow down before it comes here.
        """
        raise used_before(request, self._presented(request), self.kind)

    def _presented(self, request: TokenRequest) -> str:
        return self.digest(request.issuer.keyring, request.form[self.parameter])

    def _asking(self, request: TokenRequest) -> RequestRow:
        """Return the request that is asked about; that it is asked now is noted.

        Raises:
            InvalidRequestError: there is no code.
            InvalidGrantError: it is none of this client.
            AskedTooSoon: it did not wait.
        """
        if self.parameter not in request.form:
            raise InvalidRequestError(f"Missing '{self.parameter}' in request.")
        row = self.find(request.work, self._presented(request))
        if row is None or row.client_id != request.client.client_id:
            raise InvalidGrantError(f"Invalid '{self.parameter}' in request.")
        if not self.requests.asks(request.work, row):
            raise AskedTooSoon()
        return row

    def _answered(self, request: TokenRequest, row: RequestRow) -> AuthorizationRow:
        """Return what a person's yes became.

        Raises:
            AccessDeniedError: it was a no.
            AuthorizationPending, ExpiredToken: there is no answer, and perhaps will never be one.
            InvalidGrantError: what it became is gone.
        """
        if row.answer is None:
            raise ExpiredToken() if row.over else AuthorizationPending()
        if row.answer != ALLOWED:
            raise AccessDeniedError("the person said no, or may not sign in there")
        found = authorizations.by_code(request.work, self._presented(request))
        if found is None:
            raise InvalidGrantError(f"the {self.kind} was revoked")
        return found
