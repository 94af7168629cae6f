"""What clients hold for themselves: access tokens without a person, initial access tokens."""

from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Change, Statement
from idp.store.models.protocol import ClientToken
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import CLIENT_TOKEN


@dataclass(frozen=True)
class ClientTokenRow:
    """An access token that a client got for itself."""

    digest: str
    client_id: str
    scope: tuple[str, ...]
    created_at: int
    expires_at: int


_ROW = Sealed(CLIENT_TOKEN, reader(ClientTokenRow, ClientToken))
_ADD = Statement(
    "INSERT INTO client_token (digest, client_id, scope, created_at, expires_at, tag)"
    # By a name of its own: a parameter used twice has no one type for PostgreSQL.
    " SELECT :digest, :client_id, :scope, :created_at, :expires_at, :tag"
    " WHERE EXISTS (SELECT 1 FROM client c WHERE c.id = :known)"
)
_FIND = Statement(f"SELECT {_ROW.columns} FROM client_token WHERE digest = :digest")
_REVOKE = Statement("DELETE FROM client_token WHERE digest = :digest")
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
) -> Change:
    """Return what stores a token: it changes no row when the client is gone, or goes just now."""
    values: dict[str, Any] = {
        "digest": digest,
        "client_id": client_id,
        "scope": " ".join(scope),
        "created_at": created_at,
        "expires_at": expires_at,
    }
    tag = CLIENT_TOKEN.tag(work, **values)
    return Change(_ADD, {**values, "known": client_id, "tag": tag})


def find(work: Work, digest: str) -> ClientTokenRow | None:
    """Return a token, expired or not."""
    return _ROW.one(work, work.one(_FIND, digest=digest))


def revoke(work: Work, digest: str) -> bool:
    """End a token; False when there is none."""
    return work.run(_REVOKE, digest=digest) == 1


def add_initial(work: Work, *, digest: str, uses: int, expires_at: int) -> None:
    """Store an initial access token (RFC 7591 section 3) for `uses` registrations."""
    work.run(_ADD_INITIAL, digest=digest, uses=uses, now=clock.now(), expires_at=expires_at)


def claim_initial(work: Work, digest: str) -> bool:
    """Use one registration of an initial access token: False when none is left."""
    return work.run(_CLAIM_INITIAL, digest=digest, now=clock.now()) == 1
