"""The token endpoint's five phases. What is particular to a grant is in the grant's own file."""

from collections.abc import Collection
from typing import Any

from authlib.oauth2.rfc6749.errors import (
    OAuth2Error,
    UnauthorizedClientError,
    UnsupportedGrantTypeError,
)

from idp.oidc.client_auth.keys import ClientKeys
from idp.oidc.client_requests import ClientRequest, ClientRequests
from idp.oidc.clients.client import Client
from idp.oidc.jose.encrypting import Recipient
from idp.oidc.json_answers import answer
from idp.oidc.token_endpoint.grant import Grant, Granted, TokenRequest
from idp.oidc.token_endpoint.grants import GRANTS
from idp.oidc.tokens import exchanging
from idp.oidc.tokens.access_tokens import Confined
from idp.oidc.tokens.binding.proof import InvalidProof, Proof
from idp.oidc.tokens.binding.proofs import Proofs
from idp.oidc.tokens.issuer import Issuer
from idp.oidc.vocabulary import ALL_AUTH_METHODS, CONFIDENTIAL_METHODS
from idp.store.db import Work
from idp.store.db.statements import Change
from idp.web.lane.plain import Answer, AnyRequest

ENDPOINT = "token"
PATH = "/token"


class TokenEndpoint:
    """What /token needs. Threads share one."""

    def __init__(
        self, issuer: Issuer, requests: ClientRequests, proofs: Proofs, keys: ClientKeys
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._proofs = proofs
        self._requests = requests

    def answer(self, work: Work, request: AnyRequest) -> Answer:
        """Answer a request: with tokens, or with the refusal of whichever phase comes to one.

        Their order is what a refusal may tell: which grants there are, anyone; what a code or a
        token is worth, its own client alone.
        """
        asked = None
        try:
            # 1. Read the request strictly.
            asked = self._requests.read(request, ENDPOINT)
            # 2. Find the grant.
            grant = _grant(asked)
            # 3. Authenticate the client, for this grant.
            proof = self._proofs.shown(request, PATH)
            client = self._client(work, asked, grant)
            _check_bound(client, proof)
            presented = TokenRequest(
                *(work, client, asked.form, self._issuer, proof, self._proofs, self._keys),
                certificate=self._certificate(client, request),
            )
            told = self._proofs.told(proof)
            return answer(200, issued(grant, presented), *told)
        except OAuth2Error as error:
            return self._requests.refuse(work, error, asked, ENDPOINT)

    def _client(self, work: Work, asked: ClientRequest, grant: Grant) -> Client:
        """Return the client that asks.

        Raises:
            AuthenticationFailed, SlowDown: see `ClientAuthentication.client`.
            UnauthorizedClientError: it is not registered for this grant.
        """
        client = self._requests.authenticate(work, asked, _methods(grant))
        if grant.name not in client.grant_types:
            raise UnauthorizedClientError(
                f"The client is not authorized to use 'grant_type={grant.name}'"
            )
        return client

    def _certificate(self, client: Client, request: AnyRequest) -> str | None:
        """Return what tokens of a client are bound to that are bound to certificates.

        Raises:
            CertificateNeeded: there is none.
        """
        if not client.tls_client_certificate_bound_access_tokens:
            return None
        return self._proofs.certificate(request)


def issued(grant: Grant, request: TokenRequest) -> dict[str, Any]:
    """Return the token response for what a client presents; with a claim, it is committed.

    Raises:
        OAuth2Error: see `Grant.authorize` and `Grant.not_claimed`.
        NoKey: they cannot be signed, and nothing was used up for them.
    """
    work = request.work
    # 4. Authorize: what is presented is validated.
    granted = grant.authorize(request)
    recipient = request.recipient(granted.scope)
    # Of what is refused no proof is kept: who has no account could fill the table with them.
    request.use_proof()
    # 5. Issue the tokens, and claim what they are issued for: once, in one transaction.
    before = work.mark()
    response, claim = _issue(grant, request, granted, recipient)
    if claim is not None and not work.commit_if(claim, before):
        again = grant.not_claimed(request, granted)
        response, _ = _issue(grant, request, again, recipient)
    return response


def _issue(
    grant: Grant, request: TokenRequest, granted: Granted, recipient: Recipient | None
) -> tuple[dict[str, Any], Change | None]:
    work, client, issuer = request.work, request.client, request.issuer
    if granted.exchange is not None:
        return exchanging.issue(
            issuer, work, client, granted.exchange, granted.scope, grant.name, request.jkt
        )
    confined = Confined(granted.resource, request.jkt, granted.details)
    if granted.authorization is None:
        return issuer.issue_own(work, client, granted.scope, grant.name, confined)
    response = issuer.issue(
        work,
        client,
        granted.authorization,
        grant=grant.name,
        scope=granted.scope,
        refresh_token=granted.refresh_token,
        refresh_scope=granted.refresh_scope,
        store_refresh=granted.store_refresh,
        event=granted.event,
        confined=confined,
        recipient=recipient,
    )
    return response, granted.claim


def _check_bound(client: Client, proof: Proof | None) -> None:
    """Demand a proof of a client whose tokens are bound to a key, and of no other.

    Raises:
        InvalidProof: there is none, or one too many.
    """
    if proof is None and client.dpop_bound_access_tokens:
        raise InvalidProof("tokens of this client are bound to a key: send a proof of it")
    if proof is not None and client.tls_client_certificate_bound_access_tokens:
        raise InvalidProof("tokens of this client are bound to its certificate: send no proof")


def _grant(asked: ClientRequest) -> Grant:
    name = asked.form.get("grant_type", "")
    grant = GRANTS.get(name)
    if grant is None:
        raise UnsupportedGrantTypeError(name)
    return grant


def _methods(grant: Grant) -> Collection[str]:
    return ALL_AUTH_METHODS if grant.public else CONFIDENTIAL_METHODS
