"""Revocation (RFC 7009): a client gives back a token that it has no more use for.

Owns which tokens end by it. It looks a token up by its digest, whatever `token_type_hint` says. A
client that gives back another's token learns no more than of one that never existed. It never says
what a token is worth: that is `idp.oidc.introspection`.
"""

from idp import audit, crypto
from idp.audit import Event
from idp.oidc.client_requests import ClientRequest, ClientRequests
from idp.oidc.clients.client import Client
from idp.oidc.json_answers import HEADERS
from idp.oidc.vocabulary import ALL_AUTH_METHODS
from idp.store.db import Work
from idp.store.oidc import authorizations, client_tokens, exchanged_tokens, tokens
from idp.store.oidc.tokens import TokenRow
from idp.web.lane.plain import Answer, AnyRequest


class RevocationEndpoint:
    """What /revoke needs. Threads share one."""

    def __init__(self, requests: ClientRequests) -> None:
        self._requests = requests

    def answer(self, work: Work, request: AnyRequest) -> Answer:
        """Answer POST /revoke, or refuse by the standard's error."""
        return self._requests.answer(work, request, "revoke", self._revoke)

    def _revoke(self, work: Work, asked: ClientRequest) -> Answer:
        """End a token of the client that asks; 200 for any other too (RFC 7009 section 2.2).

        A refresh token ends the whole authorization, an access token just itself.

        Raises:
            OAuth2Error: the client is not who it says, or there is no token.
        """
        client = self._requests.authenticate(work, asked, ALL_AUTH_METHODS)
        digest = crypto.digest(asked.token())
        row = tokens.find(work, digest)
        if row is not None and row.authorization.client_id == client.client_id:
            _end(work, row)
        elif row is None:
            _end_own(work, client, digest)
        return Answer(200, HEADERS, b"")


def _end(work: Work, row: TokenRow) -> None:
    about = row.authorization
    if row.kind == "refresh":
        ended = authorizations.revoke(work, about.id)
    else:
        ended = tokens.end_access(work, row.digest)
    if ended:
        audit.record(
            work,
            Event.TOKEN_REVOKED,
            person=about.person_id,
            client=about.client_id,
            sid=about.sid,
            reason="the application gave it back",
            token=row.kind,
            authorization=about.id,
        )


def _end_own(work: Work, client: Client, digest: str) -> None:
    own = client_tokens.find(work, digest)
    if own is None:
        _end_exchanged(work, client, digest)
        return
    if own.client_id != client.client_id:
        return
    if client_tokens.revoke(work, digest):
        audit.record(work, Event.OWN_TOKEN_REVOKED, client=client.client_id)


def _end_exchanged(work: Work, client: Client, digest: str) -> None:
    """End a token that a service got for another one; that one goes on."""
    found = exchanged_tokens.find(work, digest)
    if found is None or found.client_id != client.client_id:
        return
    if exchanged_tokens.end(work, digest):
        about = found.authorization
        audit.record(
            work,
            Event.TOKEN_REVOKED,
            person=about.person_id,
            client=client.client_id,
            sid=about.sid,
            reason="the service gave it back",
            token="exchanged",  # noqa: S106 - a kind of token
            authorization=about.id,
        )
