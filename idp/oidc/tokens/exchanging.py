"""A token for another token (RFC 8693): a service speaks to the next one for the same person.

Owns what the new token says. It rests on the same sign-in, so acr, amr and auth_time are those of
the token before; it is for fewer, for less and for no longer, and says who acts. It never decides
whether a service may: `idp.oidc.token_endpoint.exchange`.
"""

from dataclasses import dataclass
from typing import Any

from idp import clock, crypto
from idp.evidence import leaf
from idp.oidc.clients.client import Client
from idp.oidc.tokens import access_tokens, lifetimes, record, signers
from idp.oidc.tokens.access_tokens import Access, Confined
from idp.oidc.tokens.issuer import Issuer
from idp.store.db import Work
from idp.store.db.statements import Change
from idp.store.oidc import exchanged_tokens
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.oidc.exchanged_tokens import NewExchanged

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


@dataclass(frozen=True)
class Exchange:
    """What is exchanged, and for what."""

    subject: Access
    presented: str
    """The digest of the token that is exchanged."""
    authorization: AuthorizationRow
    """What that token rests on."""
    owner: Client
    """The application that the person let in; what it may be told bounds what the token says."""
    audience: tuple[str, ...]


def acting(client: Client, subject: Access) -> dict[str, Any]:
    """Return `act` of a token that `client` gets for `subject`: the newest actor stands outside."""
    before = {} if subject.act is None else {"act": subject.act}
    return {"sub": client.client_id} | before


def issue(
    issuer: Issuer,
    work: Work,
    client: Client,
    exchange: Exchange,
    scope: tuple[str, ...],
    grant: str,
    jkt: str | None,
) -> tuple[dict[str, Any], Change]:
    """Return the response to a service (RFC 8693 section 2.2.1), and what stores the token.

    It is bound to the key with the thumbprint `jkt`; None: to none. What stores it changes no row
    when what the token rests on has ended meanwhile.

    Raises:
        NoKey: it cannot be signed; nothing is used up for it.
    """
    now = clock.now()
    ends = min(now + lifetimes.access(client, issuer.settings.oidc), exchange.subject.expires_at)
    signer = signers.of_access_tokens(work, issuer.keys, client)
    token, jti = ("", leaf.new_reference()) if signer else access_tokens.opaque()
    access = Access(
        client.client_id,
        scope,
        now,
        ends,
        exchange.authorization,
        jti=jti,
        confined=Confined(exchange.audience, jkt),
        act=acting(client, exchange.subject),
    )
    if signer is not None:
        token = access_tokens.jwt(work, issuer.name, exchange.owner, access, signer)
    record.of_exchange(work, issuer.ledger, access, exchange.authorization, grant)
    response: dict[str, Any] = {
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": access.kind,
        "expires_in": ends - now,
    }
    if scope:
        response["scope"] = " ".join(scope)
    return response, exchanged_tokens.addition(work, _stored(access, token, exchange.presented))


def _stored(access: Access, token: str, parent: str) -> NewExchanged:
    assert access.act is not None
    return NewExchanged(
        digest=crypto.digest(token),
        parent=parent,
        client_id=access.client_id,
        scope=access.scope,
        audience=access.confined.resource,
        act=access.act,
        created_at=access.created_at,
        expires_at=access.expires_at,
        jkt=access.confined.jkt,
    )
