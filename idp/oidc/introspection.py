"""Introspection (RFC 7662): what a token is worth now.

Owns what is said of a token, and to which client. It looks a token up by its digest, whatever
`token_type_hint` says. A client that asks about a token that is none of its business learns no more
than that of one that never existed. It never ends a token: that is `idp.oidc.revocation`.
"""

from typing import Any

from idp import clock, crypto
from idp.oidc.apis import details
from idp.oidc.client_requests import ClientRequest, ClientRequests
from idp.oidc.clients.client import Client
from idp.oidc.jose.signing import signed
from idp.oidc.json_answers import NOT_STORED, answer
from idp.oidc.provider import Provider
from idp.oidc.tokens import access_tokens, claims, mapped
from idp.oidc.tokens.access_tokens import Access
from idp.oidc.tokens.binding import confirmation
from idp.oidc.vocabulary import CONFIDENTIAL_METHODS
from idp.store.db import Work
from idp.store.oidc import tokens
from idp.store.oidc.tokens import TokenRow
from idp.web.lane.plain import Answer, AnyRequest

INACTIVE = {"active": False}
TYPE = "token-introspection+jwt"
SIGNED = f"application/{TYPE}"
"""What Accept names where a signed answer is wanted (RFC 9701 section 4)."""


class IntrospectionEndpoint:
    """What /introspect needs. Threads share one."""

    def __init__(self, provider: Provider, requests: ClientRequests) -> None:
        self._issuer = provider.issuer
        self._registry = provider.registry
        self._requests = requests
        self._keys = provider.client_keys

    def answer(self, work: Work, request: AnyRequest) -> Answer:
        """Answer POST /introspect, or refuse by the standard's error."""
        by_signature = SIGNED in request.headers.get("Accept", "")

        def introspect(unit: Work, asked: ClientRequest) -> Answer:
            asker, found = self._introspect(unit, asked)
            return self._signed(unit, asker, found) if by_signature else answer(200, found)

        return self._requests.answer(work, request, "introspect", introspect)

    def _introspect(self, work: Work, asked: ClientRequest) -> tuple[Client, dict[str, Any]]:
        """Say what a token is worth to a client that proves who it is (RFC 7662 section 2.2).

        Raises:
            OAuth2Error: it does not, or there is no token.
        """
        asker = self._requests.authenticate(work, asked, CONFIDENTIAL_METHODS)
        token = asked.token()
        access = access_tokens.find(work, token)
        if access is not None:
            return asker, self._access(work, asker, access, token)
        row = tokens.find(work, crypto.digest(token), "refresh")
        return asker, _refresh(asker, row) if row else INACTIVE

    def _signed(self, work: Work, asker: Client, found: dict[str, Any]) -> Answer:
        """Return the answer as evidence that can be shown to others (RFC 9701 section 5).

        Raises:
            NoKey, NoEncryptionKey, KeysBusy: there is none to sign, or to encrypt, by.
        """
        recipient = self._keys.recipient(
            work,
            asker,
            asker.introspection_encrypted_response_alg,
            asker.introspection_encrypted_response_enc,
        )
        said = {
            "iss": self._issuer.name,
            "aud": asker.client_id,
            "iat": clock.now(),
            "token_introspection": found,
        }
        token = signed(self._issuer.signer(work, asker.introspection_alg), said, TYPE)
        if recipient is not None:
            token = recipient.encrypted(token)
        return Answer(200, (("Content-Type", SIGNED), *NOT_STORED), token.encode())

    def _access(self, work: Work, asker: Client, access: Access, token: str) -> dict[str, Any]:
        holder = self._registry.find(work, access.client_id)
        owner = self._owner(work, access)
        if holder is None or owner is None or not _may_see(asker, owner, access):
            return INACTIVE
        jti = access_tokens.jti(token)
        if asker.client_id not in (access.client_id, owner.client_id):
            seeing = (asker.client_id, *asker.speaks_for)
            access = access_tokens.shown_to(owner, access, seeing)
        return said(self._issuer.name, owner, access) | ({} if jti is None else {"jti": jti})

    def _owner(self, work: Work, access: Access) -> Client | None:
        """Return the client that a person let in: of a token that was exchanged, the first."""
        about = access.authorization
        return self._registry.find(work, about.client_id if about else access.client_id)


def said(issuer: str, owner: Client, access: Access) -> dict[str, Any]:
    """Return what is said of a live access token, which a person gave to `owner`."""
    found = _said(access.client_id, access.subject, access.scope)
    found |= {
        "token_type": access.kind,
        "iss": issuer,
        "aud": access_tokens.audience(issuer, owner, access),
        "iat": access.created_at,
        "exp": access.expires_at,
        **access.cnf,
    }
    if access.act is not None:
        found["act"] = access.act
    if access.confined.details is not None:
        found[details.NAME] = details.told(access.details)
    if access.authorization is None:
        return found
    found |= access_tokens.of_sign_in(access.authorization)
    found["sid"] = access.authorization.sid
    found |= _username(access)
    found |= claims.of_memberships(owner, access.person, access.scope)
    if owner.claim_mapping and access.person:
        due = mapped.due(owner, access.authorization, access.scope, "introspection")
        mapped.put(found, due, owner, access.person)
    return found


def _may_see(asker: Client, owner: Client, access: Access) -> bool:
    """Return True if an access token is any business of `asker`: its own, or for its API."""
    apis = access.confined.resource or access_tokens.apis(owner, access) or owner.audience
    named = asker.client_id == access.client_id or asker.client_id in apis
    return named or asker.resource_server or not set(asker.speaks_for).isdisjoint(apis)


def _refresh(asker: Client, row: TokenRow) -> dict[str, Any]:
    """A refresh token is its client's alone: no API may take it for an access token."""
    about = row.authorization
    if about.client_id != asker.client_id or not row.live or row.used_at is not None:
        return INACTIVE
    return {
        **_said(about.client_id, about.subject, row.scope),
        **access_tokens.of_sign_in(about),
        "iat": row.created_at,
        "exp": row.expires_at,
        "sid": about.sid,
        **confirmation.cnf(row.jkt),
    }


def _said(client_id: str, subject: str, scope: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"active": True, "client_id": client_id, "sub": subject}
    if scope:
        found["scope"] = " ".join(scope)
    return found


def _username(access: Access) -> dict[str, str]:
    """Return the user name, as far as userinfo would tell it: with the scope profile."""
    if access.person is None or "preferred_username" not in claims.of_scope(access.scope):
        return {}
    return {"username": access.person.username}
