"""What is kept of an answer with tokens: its leaf in the ledger, and its event in the trail.

Both stand in the transaction that issues the tokens: if either cannot be written, there are none.
"""

from collections.abc import Mapping
from typing import Any

from idp import audit
from idp.audit import AUTHORIZATION, Event
from idp.evidence.leaf import TokenLeaf
from idp.ledger.writing import Ledger
from idp.oidc.tokens.access_tokens import Access
from idp.oidc.tokens.binding import confirmation
from idp.store.db import Work
from idp.store.oidc.authorizations import AuthorizationRow

FRONT_CHANNEL = "front_channel"
"""What a leaf names instead of a grant type for what the authorization endpoint gave out."""
HANDED_OVER = "handed_over"
"""What a leaf names instead of a grant type for what an operator gave a client."""
EXTENSION = ("urn:ietf:params:oauth:grant-type:", "urn:openid:params:grant-type:")
"""How a grant type begins that another specification than RFC 6749 has."""
TOKENS = ("access_token", "id_token", "refresh_token")


def of_person(
    work: Work,
    ledger: Ledger,
    authorization: AuthorizationRow,
    answer: Mapping[str, Any],
    *,
    event: Event,
    grant: str,
    scope: tuple[str, ...],
    jti: str,
    at: int,
    bound: str | None = None,
) -> None:
    """Record that `answer` gave out tokens that rest on `authorization`; `bound`: how."""
    said = TokenLeaf(
        jti=jti,
        at=at,
        iss=ledger.issuer,
        client=authorization.client_id,
        grant=grant,
        tokens=_handed_out(answer),
        scope=scope,
        acr=authorization.acr,
        amr=authorization.amr,
        auth_time=authorization.auth_time,
        sid=authorization.sid,
        basis=authorization.basis,
    )
    ledger.add_tokens(work, said)
    more: dict[str, Any] = {}
    if grant == FRONT_CHANNEL:
        more["endpoint"] = AUTHORIZATION
    elif grant.startswith(EXTENSION):
        more["grant"] = grant
    if bound is not None:
        more["bound"] = bound
    audit.record(
        work,
        event,
        person=authorization.person_id,
        client=authorization.client_id,
        sid=authorization.sid,
        acr=authorization.acr,
        amr=authorization.amr,
        auth_time=authorization.auth_time,
        jti=jti,
        authorization=authorization.id,
        **more,
    )


def of_exchange(
    work: Work, ledger: Ledger, access: Access, authorization: AuthorizationRow, grant: str
) -> None:
    """Record that a service got a token for another one, which rests on the same sign-in."""
    said = TokenLeaf(
        jti=access.jti,
        at=access.created_at,
        iss=ledger.issuer,
        client=access.client_id,
        grant=grant,
        tokens=TOKENS[:1],
        scope=access.scope,
        acr=authorization.acr,
        amr=authorization.amr,
        auth_time=authorization.auth_time,
        sid=authorization.sid,
        basis=authorization.basis,
    )
    ledger.add_tokens(work, said)
    audit.record(
        work,
        Event.TOKEN_EXCHANGED,
        person=authorization.person_id,
        client=access.client_id,
        sid=authorization.sid,
        acr=authorization.acr,
        amr=authorization.amr,
        auth_time=authorization.auth_time,
        jti=access.jti,
        authorization=authorization.id,
        audience=list(access.confined.resource),
        act=access.act,
        let_in=authorization.client_id,
    )


def of_client(
    work: Work, ledger: Ledger, access: Access, grant: str, reason: str | None = None
) -> None:
    """Record that a client got a token for itself."""
    said = TokenLeaf(
        jti=access.jti,
        at=access.created_at,
        iss=ledger.issuer,
        client=access.client_id,
        grant=grant,
        tokens=TOKENS[:1],
        scope=access.scope,
    )
    ledger.add_tokens(work, said)
    bound = confirmation.way(access.confined.jkt)
    more: dict[str, Any] = {} if bound is None else {"bound": bound}
    audit.record(
        work,
        Event.OWN_TOKEN_ISSUED,
        client=access.client_id,
        reason=reason,
        scope=" ".join(access.scope),
        jti=access.jti,
        **more,
    )


def _handed_out(answer: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple([name for name in TOKENS if name in answer])
