"""Tokens as digests, each with the authorization that it speaks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from idp import clock
from idp.store import people
from idp.store.db import Work
from idp.store.db.statements import Change, Statement
from idp.store.models.protocol import Token
from idp.store.oidc import authorizations
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.people import PersonRow
from idp.store.rows import GIVEN, Piece, reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import TOKEN


@dataclass(frozen=True)
class TokenRow:
    """A token and the authorization it speaks for."""

    digest: str
    kind: str
    scope: tuple[str, ...]
    created_at: int
    expires_at: int
    used_at: int | None
    resource: tuple[str, ...]
    """The APIs that it is for; none: as the client is registered."""
    jkt: str | None
    """The thumbprint of the key that it is bound to."""
    details: str | None
    """The single acts that it is good for, as JSON: see `oidc.apis.details`."""
    disabled: bool
    """The person was switched off."""
    authorization: AuthorizationRow

    @property
    def live(self) -> bool:
        """It has not expired, and nothing that it rests on has ended. It may have been used."""
        ended = self.disabled or self.authorization.revoked_at is not None
        return not ended and self.expires_at > clock.now()


@dataclass(frozen=True)
class AccessRow(TokenRow):
    """An access token, the authorization it speaks for, and its person as of now."""

    person: PersonRow


_DISABLED = Piece("p.disabled_at IS NOT NULL")
_ROW = Sealed(TOKEN, reader(TokenRow, {Token: "t"}, disabled=_DISABLED, authorization=GIVEN), "t")
_ACCESS_ROW = Sealed(
    TOKEN,
    reader(AccessRow, {Token: "t"}, disabled=_DISABLED, authorization=GIVEN, person=GIVEN),
    "t",
)
_NAMES = (*TOKEN.columns, "tag")


def _addition(rows: int) -> Statement:
    """Return what stores so many tokens: one statement costs half as much as two."""
    values = ", ".join(f"({', '.join(f':{name}_{n}' for name in _NAMES)})" for n in range(rows))
    return Statement(f"INSERT INTO token ({', '.join(_NAMES)}) VALUES {values}", apart=True)


_ADD = {rows: _addition(rows) for rows in (1, 2)}
_FROM = (
    ' FROM token t JOIN "authorization" a ON a.id = t.authorization_id'
    " JOIN person p ON p.id = a.person_id WHERE t.digest = :digest"
)
_TOKEN = Statement(f"SELECT {_ROW.columns}, {authorizations.ROW.columns}{_FROM}")
_ACCESS = people.by_dialect(
    f"SELECT {_ROW.columns}, {authorizations.ROW.columns}, {people.ROW.columns}{_FROM}"
    " AND t.kind = 'access'"
)
_THERE = _ROW.width + authorizations.ROW.width
"""Where a person begins who was asked for as well."""
_WHILE_LIVE = (
    " WHERE digest = :digest AND kind = 'refresh' AND used_at IS NULL AND expires_at > :now"
    # Not EXISTS: of tables that it knows nothing of yet, PostgreSQL would rather join everybody.
    " AND (SELECT a.revoked_at IS NULL AND p.disabled_at IS NULL"
    ' FROM "authorization" a JOIN person p ON p.id = a.person_id WHERE a.id = authorization_id)'
)
_ROTATE = Statement(f"UPDATE token SET used_at = :now{_WHILE_LIVE}")
_KEEP = Statement(f"UPDATE token SET expires_at = :ends, tag = :tag{_WHILE_LIVE}")
_END_TOKEN = Statement("DELETE FROM token WHERE digest = :digest AND kind = 'access'")


class NewToken(NamedTuple):
    """An access or refresh token that is to be stored."""

    digest: str
    kind: str
    scope: tuple[str, ...]
    expires_at: int
    resource: tuple[str, ...] = ()
    jkt: str | None = None
    details: str | None = None


def add(work: Work, authorization_id: str, new: Sequence[NewToken], now: int) -> None:
    """Store one or two tokens of an authorization, with the commit; `now` is their leaf's, too."""
    full: dict[str, Any] = {}
    for number, token in enumerate(new):
        values = {
            "digest": token.digest,
            "kind": token.kind,
            "authorization_id": authorization_id,
            "scope": " ".join(token.scope),
            "created_at": now,
            "expires_at": token.expires_at,
            "resource": " ".join(token.resource) or None,
            "jkt": token.jkt,
            "details": token.details,
        }
        full |= {f"{name}_{number}": value for name, value in values.items()}
        full[f"tag_{number}"] = TOKEN.tag(work, **values)
    work.later(_ADD[len(new)], **full)


def find(work: Work, digest: str, kind: str | None = None) -> TokenRow | None:
    """Return a token of `kind` access or refresh (None: of either), whatever its state.

    None for one that was altered, or whose authorization was.
    """
    row = work.one(_TOKEN, digest=digest)
    if row is None or not _ROW.good(work, row):
        return None
    authorization = authorizations.ROW.one(work, row[_ROW.width :])
    found = None if authorization is None else _ROW.read(row, authorization)
    return found if found is not None and kind in (None, found.kind) else None


def access(work: Work, digest: str) -> AccessRow | None:
    """Return an access token with its person, in one question; whatever its state.

    None where anything of it was altered: token, authorization, or what decides of the person.
    """
    row = work.one(_ACCESS[work.engine.dialect.name], digest=digest)
    if row is None or not _ACCESS_ROW.good(work, row):
        return None
    authorization = authorizations.ROW.one(work, row[_ROW.width : _THERE])
    person = people.ROW.one(work, row[_THERE:])
    if authorization is None or person is None:
        return None
    return _ACCESS_ROW.read(row, authorization, person)


def use_of_refresh(digest: str) -> Change:
    """Return what uses a refresh token up: it changes a row for one caller, and none at its end."""
    return Change(_ROTATE, {"digest": digest, "now": clock.now()})


def use_of_kept(work: Work, row: TokenRow, ends: int) -> Change:
    """Return what uses a refresh token that stays, so that it ends at `ends` without further use.

    It changes a row while the token lasts, for as many callers as there are.
    """
    values = {
        "digest": row.digest,
        "kind": row.kind,
        "authorization_id": row.authorization.id,
        "scope": " ".join(row.scope),
        "created_at": row.created_at,
        "expires_at": ends,
        "resource": " ".join(row.resource) or None,
        "jkt": row.jkt,
        "details": row.details,
    }
    tag = TOKEN.tag(work, **values)
    return Change(_KEEP, {"digest": row.digest, "ends": ends, "tag": tag, "now": clock.now()})


def end_access(work: Work, digest: str) -> bool:
    """End one access token and nothing else; False when there is none."""
    return work.run(_END_TOKEN, digest=digest) == 1
