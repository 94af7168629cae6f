"""What clients hold for themselves: access tokens without a person, initial access tokens."""

from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Change, Statement
from idp.store.models.protocol import ClientToken
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import CLIENT_TOKEN, CONFINED


@dataclass(frozen=True)
class ClientTokenRow:
    """An access token that a client got for itself."""

    digest: str
    client_id: str
    scope: tuple[str, ...]
    created_at: int
    expires_at: int
    resource: tuple[str, ...] = ()
    jkt: str | None = None


@dataclass(frozen=True)
class LastingRow:
    """A token that an operator made for a client, known by its label."""

    digest: str
    client_id: str
    scope: tuple[str, ...]
    created_at: int
    expires_at: int
    label: str


_ROW = Sealed(CLIENT_TOKEN, reader(ClientTokenRow, ClientToken))
_LASTING = Sealed(CLIENT_TOKEN, reader(LastingRow, ClientToken))
_ADD = Statement(
    "INSERT INTO client_token"
    " (digest, client_id, scope, created_at, expires_at, resource, jkt, label, tag)"
    # By a name of its own: a parameter used twice has no one type for PostgreSQL.
    " SELECT :digest, :client_id, :scope, :created_at, :expires_at, :resource, :jkt, :label, :tag"
    " WHERE EXISTS (SELECT 1 FROM client c WHERE c.id = :known)"
)
_FIND = Statement(f"SELECT {_ROW.columns} FROM client_token WHERE digest = :digest")
_REVOKE = Statement("DELETE FROM client_token WHERE digest = :digest")
_OF_CLIENT = Statement(
    f"SELECT {_LASTING.columns} FROM client_token WHERE client_id = :client AND label IS NOT NULL"
    " ORDER BY created_at, expires_at"
)
_END_AT = Statement("UPDATE client_token SET expires_at = :at, tag = :tag WHERE digest = :digest")
_ADD_INITIAL = Statement(
    "INSERT INTO initial_access_token (digest, uses_left, created_at, expires_at)"
    " VALUES (:digest, :uses, :now, :expires_at)"
)
_CLAIM_INITIAL = Statement(
    "UPDATE initial_access_token SET uses_left = uses_left - 1 WHERE digest = :digest"
    " AND uses_left > 0 AND expires_at > :now"
)


def addition(
    work: Work,
    *,
    digest: str,
    client_id: str,
    scope: tuple[str, ...],
    created_at: int,
    expires_at: int,
    resource: tuple[str, ...] = (),
    jkt: str | None = None,
    label: str | None = None,
) -> Change:
    """Return what stores a token: it changes no row when the client is gone, or goes just now.

    One with a `label` is one of those that last (`lasting`).
    """
    values: dict[str, Any] = {
        "digest": digest,
        "client_id": client_id,
        "scope": " ".join(scope),
        "created_at": created_at,
        "expires_at": expires_at,
        "resource": " ".join(resource) or None,
        "jkt": jkt,
    }
    tag = CLIENT_TOKEN.tag(work, **values)
    return Change(_ADD, {**values, "known": client_id, "label": label, "tag": tag})


def find(work: Work, digest: str) -> ClientTokenRow | None:
    """Return a token, expired or not."""
    return _ROW.one(work, work.one(_FIND, digest=digest))


def revoke(work: Work, digest: str) -> bool:
    """End a token; False when there is none."""
    return work.run(_REVOKE, digest=digest) == 1


def lasting(work: Work, client_id: str) -> list[LastingRow]:
    """Return the tokens that operators made for a client, the oldest first, expired or not."""
    return _LASTING.all(work, work.all(_OF_CLIENT, client=client_id))


def end_at(work: Work, row: LastingRow, at: int) -> None:
    """Let a token end at another moment."""
    values = {
        "digest": row.digest,
        "client_id": row.client_id,
        "scope": " ".join(row.scope),
        "created_at": row.created_at,
        "expires_at": at,
        # A token that lasts is handed to a program that knows of neither.
        **dict.fromkeys(CONFINED),
    }
    work.run(_END_AT, digest=row.digest, at=at, tag=CLIENT_TOKEN.tag(work, **values))


def add_initial(work: Work, *, digest: str, uses: int, expires_at: int) -> None:
    """Store an initial access token (RFC 7591 section 3) for `uses` registrations."""
    work.run(_ADD_INITIAL, digest=digest, uses=uses, now=clock.now(), expires_at=expires_at)


def claim_initial(work: Work, digest: str) -> bool:
    """Use one registration of an initial access token: False when none is left."""
    return work.run(_CLAIM_INITIAL, digest=digest, now=clock.now()) == 1
