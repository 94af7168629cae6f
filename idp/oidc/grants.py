"""The grants of the token endpoint: Authlib validates, we claim once, `tokens.issue` issues."""

from typing import Any

from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidScopeError
from authlib.oauth2.rfc7636 import CodeChallenge

from idp import audit, clock, crypto
from idp.audit import Event, Outcome
from idp.oidc.client_metadata import AUTH_METHODS
from idp.oidc.clients import Client
from idp.oidc.request import SCOPES
from idp.oidc.server import Server, TokenRequest
from idp.store import authorizations
from idp.store.authorizations import AuthorizationRow, TokenRow
from idp.store.db import Work

CONFIDENTIAL_METHODS = tuple(method for method in AUTH_METHODS if method != "none")
"""The ways in which a client proves who it is."""


class Code:
    """A stored authorization in the shape that Authlib's code grant asks for."""

    code_challenge_method = "S256"

    def __init__(self, row: AuthorizationRow, digest: str) -> None:
        self.row = row
        self.digest = digest
        self.code_challenge = row.code_challenge

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri


class CodeGrant(grants.AuthorizationCodeGrant):
    """RFC 6749 section 4.1.3. A valid code works once; its second valid use ends all it gave."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    request: TokenRequest
    server: Server

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        digest = crypto.digest(code)
        row = authorizations.by_code(self.request.work, digest)
        if row is None or row.client_id != client.client_id:
            return None
        return Code(row, digest)

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        work: Work = self.request.work
        client: Client = self.request.client
        code: Code = self.request.authorization_code
        self.server.issuer.check_keys(work, client)
        if not authorizations.claim_code(work, code.row.id):
            raise self._not_claimed(work, client, code)
        wants_refresh = "offline_access" in code.row.scope.split()
        refresh_token = crypto.random_token(32) if wants_refresh else None
        body = self.server.issuer.issue(work, client, code.row, refresh_token=refresh_token)
        return 200, body, None

    def _not_claimed(self, work: Work, client: Client, code: Code) -> InvalidGrantError:
        """Used before: client, redirect URI and verifier were right, so someone has the code."""
        again = authorizations.by_code(work, code.digest)
        if again is not None and again.code_used_at is not None:
            authorizations.revoke(work, code.row.id)
            audit.record(
                work,
                Event.TOKEN_REUSED,
                Outcome.REFUSED,
                person=code.row.person_id,
                client=client.client_id,
                sid=code.row.sid,
                reason="a code was used again: everything from it is revoked",
                authorization=code.row.id,
            )
        return InvalidGrantError("the code was used, has expired, or was revoked")


class S256(CodeChallenge):
    """RFC 7636 at the token endpoint; the challenge itself was checked at /authorize."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)


class RefreshGrant(grants.RefreshTokenGrant):
    """RFC 6749 section 6 with rotation (RFC 9700 section 4.14.2)."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    request: TokenRequest
    server: Server

    def authenticate_refresh_token(self, refresh_token: str) -> "Refresh | None":
        row = authorizations.token(self.request.work, crypto.digest(refresh_token), "refresh")
        return Refresh(row, refresh_token) if row else None

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        work: Work = self.request.work
        client: Client = self.request.client
        token: Refresh = self.request.refresh_token
        row = token.row
        if not row.live:
            raise _over()
        issuer = self.server.issuer
        issuer.check_keys(work, client)
        successor = issuer.successor(token.value)
        first = authorizations.claim_refresh(work, row.digest)
        if not first:
            self._only_a_lost_answer(work, client, row, successor)
        body = issuer.issue(
            work,
            client,
            row.authorization,
            scope=self._narrowed(row),
            refresh_token=successor,
            refresh_scope=row.scope,
            store_refresh=first,
            event=Event.TOKEN_REFRESHED,
        )
        return 200, body, None

    def _narrowed(self, row: TokenRow) -> str:
        """Return the scope of the access token: less than granted if less was asked for.

        The new refresh token keeps the scope of the one presented, no less (RFC 6749 section 6
        demands it) and no more. More than that was refused before, by Authlib.
        """
        asked = (self.request.payload.scope or "").split()
        return " ".join(s for s in row.scope.split() if not asked or s in asked)

    def _only_a_lost_answer(
        self, work: Work, client: Client, row: TokenRow, successor: str
    ) -> None:
        """Go on when the token was used a moment ago and nobody used what it gave.

        Raises:
            InvalidGrantError: it was used in earnest, or has ended meanwhile.
        """
        again = authorizations.token(work, row.digest, "refresh")
        following = authorizations.token(work, crypto.digest(successor), "refresh")
        if again is None or again.used_at is None or not again.live:
            raise _over()
        fresh = clock.now() - again.used_at < self.server.issuer.settings.oidc.refresh_grace
        if not fresh or following is None or following.used_at is not None:
            self._reused(work, client, row)
            raise InvalidGrantError("the refresh token was used before")

    def _reused(self, work: Work, client: Client, row: TokenRow) -> None:
        authorizations.revoke(work, row.authorization.id)
        audit.record(
            work,
            Event.TOKEN_REUSED,
            Outcome.REFUSED,
            person=row.authorization.person_id,
            client=client.client_id,
            sid=row.authorization.sid,
            reason="a refresh token was used again: its family is revoked",
            authorization=row.authorization.id,
        )


class Refresh:
    """A stored refresh token in the shape that Authlib's refresh grant asks for."""

    def __init__(self, row: TokenRow, value: str) -> None:
        self.row = row
        self.value = value

    def check_client(self, client: Client) -> bool:
        return self.row.authorization.client_id == client.client_id

    def get_scope(self) -> str:
        return self.row.scope


def _over() -> InvalidGrantError:
    return InvalidGrantError("the refresh token has expired or was revoked")


class ClientCredentialsGrant(grants.ClientCredentialsGrant):
    """RFC 6749 section 4.4: a token for the client itself. Nobody signed in, so nobody's claims."""

    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL_METHODS
    request: TokenRequest
    server: Server

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        work: Work = self.request.work
        client: Client = self.request.client
        scope = self._scope(client)
        return 200, self.server.issuer.issue_own(work, client, scope), None

    def _scope(self, client: Client) -> str:
        """Return what was asked for, or everything; only what was registered, and not of people."""
        registered = (client.scope or "").split()
        own = [name for name in dict.fromkeys(registered) if name not in SCOPES]
        asked = (self.request.payload.scope or "").split()
        if not set(asked) <= set(own):
            raise InvalidScopeError("the scope is not registered, or is about people")
        return " ".join(name for name in own if not asked or name in asked)


def register(server: Server) -> None:
    """Give `server` its grants."""
    server.register_grant(CodeGrant, [S256(required=True)])
    server.register_grant(RefreshGrant)
    server.register_grant(ClientCredentialsGrant)
