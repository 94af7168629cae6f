"""Events whose time is over are deleted, a batch at a time; how long that is, others decide.

The newest event stays whatever its age: SQLite would give its number again. So does a person's last
finished sign-in, by which it is known that a browser is not their first (`store.signin.devices`).
No row is locked first: on PostgreSQL that would take the right to change events.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.service import streams

BATCH = 1_000
"""Events of one transaction: on SQLite others wait some ten milliseconds."""
_FINISHED = "person:sign-in:finished"


@dataclass(frozen=True)
class Gone:
    """Events that were deleted; `at` is when the last of them was."""

    count: int
    leaves: int
    """How many of them have a leaf in the ledger."""
    at: int


class Pruning:
    """Deletes events of some kinds."""

    def __init__(self, kinds: Iterable[str]) -> None:
        named = ", ".join(f"'{kind}'" for kind in sorted(kinds))
        self._delete = Statement(
            "DELETE FROM event WHERE id IN (SELECT e.id FROM event e WHERE e.at < :until"
            f" AND e.id <= :through AND e.kind IN ({named})"
            " AND e.id < (SELECT max(id) FROM event)"
            f" AND (e.kind <> '{_FINISHED}' OR e.person_id IS NULL"
            " OR NOT EXISTS (SELECT 1 FROM person p WHERE p.id = e.person_id)"
            " OR EXISTS (SELECT 1 FROM event l WHERE l.person_id = e.person_id"
            " AND l.id > e.id AND l.kind = e.kind))"
            " ORDER BY e.at LIMIT :batch)"
            " RETURNING at, salt, counted"
        )

    def delete(self, work: Work, until: int, through: int) -> Gone | None:
        """Delete some events from before `until` with numbers up to `through`; None: no more."""
        rows = work.all(self._delete, until=until, through=through, batch=BATCH)
        if not rows:
            return None
        for counted in sorted(counted for _, _, counted in rows if counted is not None):
            work.run(_UNCOUNT, key=counted)
        leaves = sum(salt is not None for _, salt, _ in rows)
        return Gone(len(rows), leaves, max(at for at, _, _ in rows))


_UNCOUNT = Statement("DELETE FROM event_count WHERE key = :key")
_EVERY = 2**53


def arrived(work: Work, receivers: Iterable[str]) -> int:
    """Return up to which event all has arrived at these receivers of the stream.

    One that was never sent to begins with the next event, and holds nothing.
    """
    names = frozenset(receivers)
    return min(
        (one.position for one in streams.everyone(work) if one.name in names), default=_EVERY
    )
