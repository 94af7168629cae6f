"""Links that were sent to people, by digest: each for one purpose, once, for a while."""

import json
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import Link
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.changing import change
from idp.store.tags.kinds import LINK


@dataclass(frozen=True)
class LinkRow:
    """A link as stored. `data` says what it is about, and holds no secret."""

    digest: str
    purpose: str
    person_id: str
    data: dict[str, Any]
    expires_at: int
    created_at: int = 0


_ROW = Sealed(LINK, reader(LinkRow, Link))
_ADD = Statement(
    "INSERT INTO link (digest, purpose, person_id, data, created_at, expires_at, tag)"
    " VALUES (:digest, :purpose, :person_id, :data, :created_at, :expires_at, :tag)"
)
_FIND = Statement(
    f"SELECT {_ROW.columns} FROM link"
    " WHERE digest = :digest AND used_at IS NULL AND expires_at > :now"
)
_OVER = Statement(
    "SELECT data FROM link WHERE digest = :digest AND (used_at IS NOT NULL OR expires_at <= :now)"
)
_FIND_USED = Statement(
    f"SELECT {_ROW.columns} FROM link"
    " WHERE digest = :digest AND used_at IS NOT NULL AND expires_at > :now"
)
_CLAIM = Statement(
    "UPDATE link SET used_at = :now WHERE digest = :digest AND used_at IS NULL"
    " AND expires_at > :now"
)
_VOID = Statement(
    "UPDATE link SET used_at = :now WHERE person_id = :person_id AND purpose = :purpose"
    " AND used_at IS NULL"
)


def add(
    work: Work,
    *,
    digest: str,
    purpose: str,
    person_id: str,
    data: dict[str, Any] | None,
    lifetime: int,
) -> None:
    """Store a link that works for `lifetime` seconds."""
    now = clock.now()
    values = {
        "digest": digest,
        "purpose": purpose,
        "person_id": person_id,
        "data": json.dumps(data) if data else None,
        "created_at": now,
        "expires_at": now + lifetime,
    }
    work.run(_ADD, **values, tag=LINK.tag(work, **values))


def find(work: Work, digest: str, *, used: bool = False) -> LinkRow | None:
    """Return a link that can still be used, or one that was, until it would have expired."""
    return _ROW.one(work, work.one(_FIND_USED if used else _FIND, digest=digest, now=clock.now()))


def say(work: Work, link: LinkRow, data: dict[str, Any]) -> None:
    """Let `data` stand with a link: what came of using it, without a secret."""
    change(work, LINK, {"digest": link.digest}, data=json.dumps(data))


def data_of_over(work: Work, digest: str) -> dict[str, Any] | None:
    """Return what a link that was used, or is too old, is about, while its row is kept."""
    row = work.one(_OVER, digest=digest, now=clock.now())
    if row is None:
        return None
    (data,) = row
    found: dict[str, Any] = json.loads(data or "{}")
    return found


def claim(work: Work, digest: str) -> bool:
    """Use a link: True for exactly one caller."""
    return work.run(_CLAIM, digest=digest, now=clock.now()) == 1


def void(work: Work, person_id: str, purpose: str) -> int:
    """Let no unused link of a purpose work any more; return how many those were."""
    return work.run(_VOID, person_id=person_id, purpose=purpose, now=clock.now())
