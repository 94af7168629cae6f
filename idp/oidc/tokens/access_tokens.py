"""Access tokens: opaque, or signed for resource servers (RFC 9068); both known by their digest.

Whatever its form, a token works here only while its row does: userinfo, introspection and
revocation never believe the signature.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from idp import clock, crypto
from idp.evidence import leaf
from idp.oidc import vocabulary
from idp.oidc.apis import details
from idp.oidc.apis.details import Detail, opened
from idp.oidc.clients.client import Client
from idp.oidc.jose.compact import unverified_claims
from idp.oidc.jose.signing import Signer, signed
from idp.oidc.tokens import claims, mapped
from idp.oidc.tokens.binding import confirmation
from idp.oidc.tokens.resources import place
from idp.store import people
from idp.store.db import Work
from idp.store.db.statements import Change
from idp.store.oidc import client_tokens, exchanged_tokens, tokens
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.oidc.tokens import NewToken
from idp.store.people import PersonRow

MEMBERSHIPS = frozenset(vocabulary.MEMBERSHIPS)
TYPE = "at+jwt"
MAX_LENGTH = 8192
"""What is longer is no token of ours, and is not looked up."""


@dataclass(frozen=True)
class Confined:
    """What narrows a token beside its scopes."""

    resource: tuple[str, ...] = ()
    """The APIs that it is for (RFC 8707); none: as the client is registered."""
    jkt: str | None = None
    """The key or certificate that it is bound to (`binding.confirmation`); None: whoever has it may
    use it."""
    details: str | None = None
    """The single acts that it is good for (RFC 9396): `apis.details.kept`."""


NOT_CONFINED = Confined()


@dataclass(frozen=True)
class Access:
    """A live access token: whose it is, and what it rests on."""

    client_id: str
    scope: tuple[str, ...]
    created_at: int
    expires_at: int
    authorization: AuthorizationRow | None
    """None: the client got it for itself."""
    person: PersonRow | None = None
    """Whose it is, as of now; None also where it is only being made."""
    jti: str = ""
    """What finds its leaf in the ledger; "" but for one that was just made."""
    confined: Confined = NOT_CONFINED
    act: Mapping[str, Any] | None = None
    """Who acts for the person (RFC 8693 section 4.1); None: the client that it was given to."""

    @property
    def kind(self) -> str:
        """Return `token_type`: how it is shown (RFC 9449 section 5)."""
        return confirmation.kind(self.confined.jkt)

    @property
    def cnf(self) -> dict[str, Any]:
        """Return the claim that says to which key it is bound (RFC 9449 section 6), or nothing."""
        return confirmation.cnf(self.confined.jkt)

    @property
    def details(self) -> tuple[Detail, ...]:
        """Return the single acts that it is good for, each with its API."""
        return opened(self.confined.details)

    @property
    def subject(self) -> str:
        """Return `sub`: the person as the client knows it, or the client (RFC 9068 2.2)."""
        return self.authorization.subject if self.authorization else self.client_id

    @property
    def narrowed(self) -> bool:
        """Return True if a refresh asked for less than was granted."""
        return self.authorization is not None and self.scope != self.authorization.scope


def jwt_claims(work: Work, issuer: str, client: Client, access: Access) -> dict[str, Any]:
    """Return what a signed access token says (RFC 9068 section 2.2).

    acr, amr and auth_time are those of the sign-in, whatever happened since (section 2.2.1); groups
    and roles those of now, as the scopes cover them (section 2.2.3.1).
    """
    found: dict[str, Any] = {
        "iss": issuer,
        "sub": access.subject,
        "aud": audience(issuer, client, access),
        "client_id": access.client_id,
        "iat": access.created_at,
        "exp": access.expires_at,
        "jti": access.jti + leaf.ACCESS,
        **access.cnf,
    }
    if access.scope:
        found["scope"] = " ".join(access.scope)
    if access.act is not None:
        found["act"] = access.act
    if access.confined.details is not None:
        found[details.NAME] = details.told(access.details)
    if access.authorization is not None:
        found |= of_sign_in(access.authorization)
        found |= _of_person(work, client, access.authorization, access.scope)
    return found


def _of_person(
    work: Work, client: Client, authorization: AuthorizationRow, scope: tuple[str, ...]
) -> dict[str, Any]:
    """Return what a signed token says of whoever signed in, as it is now: mostly nothing."""
    due = client.claim_mapping and mapped.due(client, authorization, scope, "access_token")
    if not due and not claims.of_scope(scope) & MEMBERSHIPS:
        return {}
    person = people.by_id(work, authorization.person_id)
    found = claims.of_memberships(client, person, scope)
    if due and person is not None:
        mapped.put(found, due, client, person)
    return found


def of_sign_in(authorization: AuthorizationRow) -> dict[str, Any]:
    """Return what a resource server is told of the sign-in (RFC 9068 2.2.1, RFC 9470 section 6)."""
    found: dict[str, Any] = {"auth_time": authorization.auth_time, "acr": authorization.acr}
    if authorization.amr:
        found["amr"] = list(authorization.amr)
    return found


def audience(issuer: str, client: Client, access: Access) -> str | list[str]:
    """Return `aud` of an access token: what was named, or the client registered, or itself.

    One with a scope of our own API is for that alone: no other API is shown what opens ours. Else
    one with scopes or details of other APIs is for these.
    """
    places = {where for name in access.scope if (where := place(name)) is not None}
    values = list(access.confined.resource) or [f"{issuer}{where}" for where in sorted(places)]
    values = values or list(apis(client, access) or client.audience or (client.client_id,))
    return values[0] if len(values) == 1 else values


def apis(client: Client, access: Access) -> tuple[str, ...]:
    """Return the registered APIs whose scopes or details a token has, in order; mostly none."""
    if not client.resource_scopes and access.confined.details is None:
        return ()
    found = {client.scope_apis.get(name) for name in access.scope}
    found |= {one.audience for one in access.details}
    return tuple(sorted(one for one in found if one is not None))


def shown_to(client: Client, access: Access, seeing: Collection[str]) -> Access:
    """Return a token with what concerns the APIs `seeing` alone, and what is of no API."""
    if not client.resource_scopes and access.confined.details is None:
        return access
    scope = tuple(
        name
        for name in access.scope
        if name not in client.scope_apis or client.scope_apis[name] in seeing
    )
    kept = details.kept(one for one in access.details if one.audience in seeing)
    return replace(access, scope=scope, confined=replace(access.confined, details=kept))


def opaque() -> tuple[str, str]:
    """Return a new opaque access token, which works once it is stored, and what finds its leaf.

    It can say nothing, so its `jti` comes of it.
    """
    token = crypto.random_token(32)
    return token, leaf.reference_of(token)


def jwt(work: Work, issuer: str, client: Client, access: Access, signer: Signer) -> str:
    """Return a new access token that says what `access` is; it works here once it is stored."""
    return signed(signer, jwt_claims(work, issuer, client, access), TYPE)


def as_new(access: Access, token: str) -> NewToken:
    """Return what is stored of a token that rests on an authorization (`store.oidc.tokens.add`)."""
    of = access.confined
    digest = crypto.digest(token)
    ends = access.expires_at
    return NewToken(digest, "access", access.scope, ends, of.resource, of.jkt, of.details)


def addition(work: Work, access: Access, token: str, label: str | None = None) -> Change:
    """Return what stores a client's own token: no row when there is no such client any more."""
    return client_tokens.addition(
        work,
        digest=crypto.digest(token),
        client_id=access.client_id,
        scope=access.scope,
        created_at=access.created_at,
        expires_at=access.expires_at,
        resource=access.confined.resource,
        jkt=access.confined.jkt,
        label=label,
    )


def find(work: Work, token: str) -> Access | None:
    """Return the access token if it is one of ours and live; None for anything else."""
    if not 0 < len(token) <= MAX_LENGTH:
        return None
    digest = crypto.digest(token)
    row = tokens.access(work, digest)
    if row is not None:
        about = row.authorization
        found = Access(
            about.client_id,
            row.scope,
            row.created_at,
            row.expires_at,
            about,
            row.person,
            confined=Confined(row.resource, row.jkt, row.details),
        )
        return found if row.live else None
    own = client_tokens.find(work, digest)
    if own is None:
        return _exchanged(work, digest)
    if own.expires_at <= clock.now():
        return None
    confined = Confined(own.resource, own.jkt)
    return Access(own.client_id, own.scope, own.created_at, own.expires_at, None, confined=confined)


def _exchanged(work: Work, digest: str) -> Access | None:
    row = exchanged_tokens.find(work, digest)
    if row is None or not row.live:
        return None
    return Access(
        row.client_id,
        row.scope,
        row.created_at,
        row.expires_at,
        row.authorization,
        row.person,
        confined=Confined(row.for_whom, row.jkt),
        act=row.actors,
    )


def jti(token: str) -> str | None:
    """Return the `jti` of a token that was found to be ours; None when it is opaque."""
    return str(unverified_claims(token)["jti"]) if token.count(".") == 2 else None
