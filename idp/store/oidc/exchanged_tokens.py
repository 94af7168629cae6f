"""Access tokens that services got for other tokens (RFC 8693), as digests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store import people
from idp.store.db import Work
from idp.store.db.statements import Change, Statement
from idp.store.models.protocol import ExchangedToken
from idp.store.oidc import authorizations
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.people import PersonRow
from idp.store.rows import GIVEN, Piece, reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import EXCHANGED_TOKEN


@dataclass(frozen=True)
class ExchangedRow:
    """A token, the authorization of the sign-in that it rests on, and its person as of now."""

    digest: str
    token_digest: str
    parent_digest: str | None
    client_id: str
    scope: tuple[str, ...]
    audience: str
    act: str
    created_at: int
    expires_at: int
    jkt: str | None
    """The thumbprint of the key that it is bound to (RFC 9449)."""
    disabled: bool
    """The person was switched off."""
    authorization: AuthorizationRow
    person: PersonRow

    @property
    def live(self) -> bool:
        """It has not expired, and nothing that it rests on has ended."""
        ended = self.disabled or self.authorization.revoked_at is not None
        return not ended and self.expires_at > clock.now()

    @property
    def for_whom(self) -> tuple[str, ...]:
        return tuple(json.loads(self.audience))

    @property
    def actors(self) -> Mapping[str, Any]:
        found: dict[str, Any] = json.loads(self.act)
        return found


@dataclass(frozen=True)
class NewExchanged:
    """A token that is to be stored."""

    digest: str
    parent: str
    """The digest of the token that it was got for."""
    client_id: str
    scope: tuple[str, ...]
    audience: tuple[str, ...]
    act: Mapping[str, Any]
    created_at: int
    expires_at: int
    jkt: str | None


_ROW = Sealed(
    EXCHANGED_TOKEN,
    reader(
        ExchangedRow,
        {ExchangedToken: "x"},
        disabled=Piece("p.disabled_at IS NOT NULL"),
        authorization=GIVEN,
        person=GIVEN,
    ),
    "x",
)
_FIND = people.by_dialect(
    f"SELECT {_ROW.columns}, {authorizations.ROW.columns}, {people.ROW.columns}"
    " FROM exchanged_token x JOIN token t ON t.digest = x.token_digest"
    ' JOIN "authorization" a ON a.id = t.authorization_id'
    " JOIN person p ON p.id = a.person_id WHERE x.digest = :digest"
)
_THERE = _ROW.width + authorizations.ROW.width
"""Where the person begins."""
_ROOT = Statement("SELECT token_digest FROM exchanged_token WHERE digest = :digest")
_NAMES = (*EXCHANGED_TOKEN.columns, "tag")
_ADD = Statement(
    f"INSERT INTO exchanged_token ({', '.join(_NAMES)})"
    f" SELECT {', '.join(f':{name}' for name in _NAMES)}"
    " WHERE EXISTS (SELECT 1 FROM client c WHERE c.id = :known)"
    " AND (SELECT a.revoked_at IS NULL AND p.disabled_at IS NULL FROM token t"
    ' JOIN "authorization" a ON a.id = t.authorization_id JOIN person p ON p.id = a.person_id'
    " WHERE t.digest = :root)"
)
_END = Statement("DELETE FROM exchanged_token WHERE digest = :digest")


def find(work: Work, digest: str) -> ExchangedRow | None:
    """Return a token with its person, whatever its state; none of which anything was altered."""
    row = work.one(_FIND[work.engine.dialect.name], digest=digest)
    if row is None or not _ROW.good(work, row):
        return None
    authorization = authorizations.ROW.one(work, row[_ROW.width : _THERE])
    person = people.ROW.one(work, row[_THERE:])
    if authorization is None or person is None:
        return None
    return _ROW.read(row, authorization, person)


def addition(work: Work, new: NewExchanged) -> Change:
    """Return what stores a token: it changes no row when what it was got for has ended meanwhile.

    Or when its client is gone. What it rests on is the token of a sign-in, or what that rests on.
    """
    root = work.value(_ROOT, digest=new.parent)
    values: dict[str, Any] = {
        "digest": new.digest,
        "token_digest": root or new.parent,
        "parent_digest": new.parent if root else None,
        "client_id": new.client_id,
        "scope": " ".join(new.scope),
        "audience": json.dumps(new.audience),
        "act": json.dumps(new.act),
        "created_at": new.created_at,
        "expires_at": new.expires_at,
        "jkt": new.jkt,
    }
    tag = EXCHANGED_TOKEN.tag(work, **values)
    more = {"known": new.client_id, "root": values["token_digest"], "tag": tag}
    return Change(_ADD, values | more)


def end(work: Work, digest: str) -> bool:
    """End one token, and what was got for it; False when there is none."""
    return work.run(_END, digest=digest) == 1
