"""Browsers that people have signed in with, each by a digest of its cookie and of the person."""

from idp import clock
from idp.store.db import Statement, Work

KEPT = 400 * 86400
"""Seconds for which a browser is remembered after it was last used: as long as its cookie lives."""

_SEEN = Statement(
    "UPDATE device SET seen_at = :now, label = :label WHERE digest = :digest"
    " AND person_id = :person_id AND seen_at > :since"
)
_ADD = Statement(
    "INSERT INTO device (digest, person_id, label, created_at, seen_at)"
    " VALUES (:digest, :person_id, :label, :now, :now)"
    " ON CONFLICT (digest) DO UPDATE SET label = :label, created_at = :now, seen_at = :now"
    " WHERE device.seen_at <= :since"
)
_EXISTS = Statement("SELECT 1 FROM device WHERE digest = :digest AND seen_at > :since")
_BEFORE = Statement(
    "SELECT 1 FROM event WHERE person_id = :person_id AND kind = :kind"
    " AND interaction_id <> :interaction LIMIT 1"
)


def seen(work: Work, digest: str, person_id: str, label: str) -> bool:
    """Note that a known browser was used; False when it is not known, or no longer."""
    now = clock.now()
    return bool(
        work.run(_SEEN, digest=digest, person_id=person_id, label=label, now=now, since=now - KEPT)
    )


def exists(work: Work, digest: str) -> bool:
    """Say whether a browser is known, and not too old."""
    return work.one(_EXISTS, digest=digest, since=clock.now() - KEPT) is not None


def add(work: Work, digest: str, person_id: str, label: str) -> bool:
    """Remember a browser: True for exactly one caller."""
    now = clock.now()
    return bool(
        work.run(_ADD, digest=digest, person_id=person_id, label=label, now=now, since=now - KEPT)
    )


def happened_before(work: Work, person_id: str, kind: str, interaction: str) -> bool:
    """Say whether there is an event of this kind that another sign-in of the person left."""
    found = work.one(_BEFORE, person_id=person_id, kind=kind, interaction=interaction)
    return found is not None
