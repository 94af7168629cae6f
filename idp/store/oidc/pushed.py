"""Pushed authorization requests (RFC 9126): by the digest of their request_uri, for a moment."""

from dataclasses import dataclass

from idp import clock
from idp.store import spent
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.protocol import PushedRequest
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import PUSHED


@dataclass(frozen=True)
class PushedRow:
    """What a client has pushed."""

    digest: str
    client_id: str
    parameters: str
    """A JSON object of texts: what counts of the request."""
    created_at: int
    expires_at: int


_ROW = Sealed(PUSHED, reader(PushedRow, PushedRequest))
_ADD = Statement(
    "INSERT INTO pushed_request (digest, client_id, parameters, created_at, expires_at, tag)"
    " SELECT :digest, :client_id, :parameters, :created_at, :expires_at, :tag"
    # By a name of its own: a parameter used twice has no one type for PostgreSQL.
    " WHERE EXISTS (SELECT 1 FROM client c WHERE c.id = :known)"
)
_FIND = Statement(
    f"SELECT {_ROW.columns} FROM pushed_request WHERE digest = :digest AND client_id = :client"
    " AND expires_at > :now"
)
_DELETE = Statement("DELETE FROM pushed_request WHERE digest = :digest")


def add(work: Work, row: PushedRow) -> None:
    """Keep a request; nothing is kept of a client that is gone."""
    values = vars(row)
    work.run(_ADD, **values, known=row.client_id, tag=PUSHED.tag(work, **values))


def find(work: Work, digest: str, client_id: str) -> PushedRow | None:
    """Return a request of this client that has not expired, and that nothing came of yet."""
    return _ROW.one(work, work.one(_FIND, digest=digest, client=client_id, now=clock.now()))


def claim(work: Work, digest: str, lifetime: int) -> bool:
    """Let a request come to its end: True for exactly one sign-in that began with it.

    `lifetime` is for how many seconds another sign-in may still be under way. What was pushed is
    to go then (`forget`).
    """
    return spent.claim(work, "pushed", digest, lifetime=lifetime)


def forget(work: Work, digest: str) -> None:
    """Delete a request that nothing comes of any more, with the commit.

    After all that is stored for its client: whoever deletes the client locks that first, and then
    its requests.
    """
    work.later(_DELETE, digest=digest)
