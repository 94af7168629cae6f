"""What an application is told under names of its own (`oidc.clients.claim_mapping`).

Owns which of it a token may say: what its scopes cover, what was asked for one by one, and what the
page that asks said would be told unasked; all three as they were when the person agreed. Whoever
calls it has looked first whether anything is mapped at all: most applications map nothing.
"""

from collections.abc import Iterable
from typing import Any

from idp.oidc.clients.claim_mapping import USER_TYPE, Mapped
from idp.oidc.clients.client import Client
from idp.oidc.tokens import claims, memberships
from idp.oidc.vocabulary import MEMBERSHIPS
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.people import PersonRow


def unasked(client: Client, scope: Iterable[str]) -> frozenset[str]:
    """Return what of a person `client` is told although `scope` does not cover it."""
    covered = claims.of_scope(tuple(scope))
    return frozenset(one.source for one in client.mapped if one.unasked) - covered


def due(
    client: Client, authorization: AuthorizationRow, scope: tuple[str, ...], place: str
) -> tuple[Mapped, ...]:
    """Return what a token of `scope` says at `place`: of a narrowed one, what its scopes cover."""
    allowed, agreed = claims.of_scope(scope), claims.NONE
    if scope == authorization.scope:
        text = authorization.claims
        allowed |= claims.asked(text, "id_token") | claims.asked(text, "userinfo")
        agreed = claims.asked(text, "unasked")
    return tuple(
        one
        for one in client.mapped
        if place in one.places and (one.source in allowed or (one.unasked and one.source in agreed))
    )


def put(found: dict[str, Any], due: Iterable[Mapped], client: Client, person: PersonRow) -> None:
    """Put what is `due` of a person into `found`; what is not known of them is left out."""
    known: dict[str, Any] | None = None
    for one in due:
        if known is None:
            known = claims.of_person(person) | {USER_TYPE: person.user_type}
        if one.source not in known:
            continue
        value = known[one.source]
        if one.source in MEMBERSHIPS:
            value = memberships.shown(client, one.source, value)
        *outer, last = one.path
        place = found
        for step in outer:
            place = place.setdefault(step, {})
        place[last] = value
