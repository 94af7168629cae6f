"""Applications that ask behind the browser for a person's sign-in (OpenID CIBA)."""

from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.protocol import CibaRequest
from idp.store.oidc.elsewhere import Elsewhere, RequestRow
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import CIBA_REQUEST

DISOWNED = "not-me"
"""The answer of who did not start it: a no, and the application is not to ask again for a while."""


@dataclass(frozen=True)
class CibaRow(RequestRow):
    """One request of an application for one person. Times as in `RequestRow`."""

    code_digest: str
    person_id: str | None
    """Who is asked; None: who was named is not known here, and nobody is told of that."""
    message: str | None
    """What the person compares with what the application shows."""
    notify: bytes | None
    """What the application is told of an answer with, sealed at `place(id)`; None: it asks."""
    reached_at: int | None
    """When the person was told; None: not, or not yet."""


@dataclass(frozen=True)
class Load:
    """How much a person is asked."""

    open: int
    """Requests that wait for an answer now."""
    lately: int
    """Those of the last hour, answered or not …"""
    of_one: int
    """… and those of one application among them."""
    disowned: int
    """Those of that application in the last day of which the person said: this was not me."""


HOUR, DAY = 3600, 86400
REQUESTS = Elsewhere("ciba_request")
"""Who asks again, and who answers."""
_ROW = Sealed(CIBA_REQUEST, reader(CibaRow, CibaRequest))
_ADD = Statement(
    "INSERT INTO ciba_request (id, code_digest, client_id, person_id, request, message, notify,"
    " created_at, expires_at, wait, asked_at, tag) VALUES (:id, :code_digest, :client_id,"
    " :person_id, :request, :message, :notify, :created_at, :expires_at, :wait, 0, :tag)"
)
_BY_ID = Statement(f"SELECT {_ROW.columns} FROM ciba_request WHERE id = :id")
_BY_CODE = Statement(f"SELECT {_ROW.columns} FROM ciba_request WHERE code_digest = :digest")
_OPEN = Statement(
    f"SELECT {_ROW.columns} FROM ciba_request WHERE person_id = :person_id"
    " AND reached_at IS NOT NULL AND answered_at IS NULL AND expires_at > :now"
    " ORDER BY created_at DESC, id"
)
_REACHED = Statement(
    "UPDATE ciba_request SET reached_at = :now WHERE id = :id AND reached_at IS NULL"
)
_LOAD = Statement(
    "SELECT COALESCE(SUM(CASE WHEN answered_at IS NULL AND expires_at > :now THEN 1 ELSE 0 END),"
    " 0), COALESCE(SUM(CASE WHEN reached_at > :hour_ago THEN 1 ELSE 0 END), 0),"
    " COALESCE(SUM(CASE WHEN client_id = :of_one AND reached_at > :since THEN 1 ELSE 0 END), 0),"
    " COALESCE(SUM(CASE WHEN client_id = :client_id AND answer = :disowned"
    " AND answered_at > :day_ago THEN 1 ELSE 0 END), 0)"
    " FROM ciba_request WHERE person_id = :person_id AND reached_at IS NOT NULL"
)


def place(request_id: str) -> str:
    """Return the sealing place of what an application is told with."""
    return f"ciba_request:notify:{request_id}"


def add(work: Work, *, id: str, lifetime: int, **values: Any) -> bool:
    """Store a request for `lifetime` seconds; False when the client, or the person, is gone.

    `values` are the row's own.
    """
    now = clock.now()
    values |= {"id": id, "created_at": now, "expires_at": now + lifetime}
    return work.unless_taken(_ADD, **values, tag=CIBA_REQUEST.tag(work, **values)) == 1


def by_id(work: Work, request_id: str) -> CibaRow | None:
    """Return a request by its id, whatever its state; none that was altered."""
    return _ROW.one(work, work.one(_BY_ID, id=request_id))


def by_code(work: Work, digest: str) -> CibaRow | None:
    """Return the request of an auth_req_id, whatever its state."""
    return _ROW.one(work, work.one(_BY_CODE, digest=digest))


def open_of(work: Work, person_id: str) -> list[CibaRow]:
    """Return what a person can answer now, the newest first."""
    return _ROW.all(work, work.all(_OPEN, person_id=person_id, now=clock.now()))


def reached(work: Work, request_id: str) -> bool:
    """Note that its person is told: True for one caller."""
    return work.run(_REACHED, id=request_id, now=clock.now()) == 1


def load(work: Work, person_id: str, client_id: str) -> Load:
    """Return how much a person is asked, and what they said of one application."""
    now = clock.now()
    row = work.one(
        _LOAD,
        person_id=person_id,
        # By names of their own: a parameter used twice has no one type for PostgreSQL.
        of_one=client_id,
        since=now - HOUR,
        client_id=client_id,
        disowned=DISOWNED,
        now=now,
        hour_ago=now - HOUR,
        day_ago=now - DAY,
    )
    assert row is not None
    return Load(*(int(one) for one in row))
