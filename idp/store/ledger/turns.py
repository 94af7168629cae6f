"""Whose turn it is to seal, and what waits for it.

Owns the order of the leaves: a leaf gets its number once, in the transaction that signs it. One
process seals at a time; the number of its turn (`Turn.fence`) is a condition of what it writes.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.evidence import Leaf
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import LEAF

LEASE_SECONDS = 60
"""For how long a turn lasts that nothing is heard of."""

LATE = 300
"""Seconds for which no leaf waits to be sealed where all is well."""


@dataclass(frozen=True)
class Turn:
    """The right to seal, and how many leaves are sealed by now."""

    fence: int
    size: int


@dataclass(frozen=True)
class Unsealed:
    """A leaf that has no place yet."""

    id: int
    body: str


@dataclass(frozen=True)
class Waiting:
    """How many leaves are not sealed yet, and when the oldest was written, if there is one."""

    count: int
    oldest: int | None


_LEAF = Sealed(LEAF, reader(Unsealed, Leaf))
_BEGIN = Statement(
    "INSERT INTO ledger_tree (id, size, last_id, fence, holder, held_until)"
    " VALUES (1, 0, 0, 0, NULL, 0) ON CONFLICT (id) DO NOTHING"
)
# A turn that would last longer than any does was taken before a clock was set back.
_CLAIM = Statement(
    "UPDATE ledger_tree SET fence = fence + 1, holder = :holder, held_until = :until WHERE id = 1"
    " AND (holder IS NULL OR holder = :holder OR held_until <= :now OR held_until > :until)"
    " RETURNING fence, size"
)
_GROW = Statement(
    "UPDATE ledger_tree SET size = :size, held_until = :until"
    " WHERE id = 1 AND fence = :fence AND size = :before"
)
_LEAVE = Statement(
    "UPDATE ledger_tree SET holder = NULL WHERE id = 1 AND fence = :fence AND holder IS NOT NULL"
)
# On SQLite no index has what is not sealed: there is one writer at a time, so it comes after all
# that is. On PostgreSQL transactions end in another order than their rows are numbered in.
_OPEN = {
    "sqlite": "seq IS NULL AND id > coalesce((SELECT last_id FROM ledger_tree WHERE id = 1), 0)",
    "postgresql": "seq IS NULL",
}
_UNSEALED = {
    name: Statement(
        f"SELECT {_LEAF.columns} FROM ledger_leaf WHERE {which} ORDER BY id LIMIT :most"
    )
    for name, which in _OPEN.items()
}
_NUMBER = {
    name: Statement(
        "UPDATE ledger_leaf SET seq = :first + ranked.rank FROM"
        " (SELECT id, row_number() OVER (ORDER BY id) - 1 AS rank FROM ledger_leaf"
        f" WHERE {which} AND id >= :begin AND id <= :last) AS ranked"
        " WHERE ledger_leaf.id = ranked.id"
    )
    for name, which in _OPEN.items()
}
_WAITING = {
    name: Statement(f"SELECT count(*), min(at) FROM ledger_leaf WHERE {which}")
    for name, which in _OPEN.items()
}
_OLDEST = {
    name: Statement(f"SELECT at FROM ledger_leaf WHERE {which} ORDER BY id LIMIT 1")
    for name, which in _OPEN.items()
}
_STILL = Statement("SELECT 1 FROM ledger_tree WHERE id = 1 AND fence = :fence AND size = :size")
_LAST = Statement("UPDATE ledger_tree SET last_id = :last WHERE id = 1 AND last_id < :last")


def claim_turn(work: Work, holder: str) -> Turn | None:
    """Take the turn to seal, or None while another process has it. To be committed at once."""
    now = clock.now()
    work.run(_BEGIN)
    row = work.one(_CLAIM, holder=holder, now=now, until=now + LEASE_SECONDS)
    return None if row is None else Turn(*row)


def claim_growth(work: Work, turn: Turn, size: int) -> bool:
    """Let the tree have `size` leaves; False when the turn is another's by now."""
    until = clock.now() + LEASE_SECONDS
    values = {"size": size, "before": turn.size, "fence": turn.fence, "until": until}
    return work.run(_GROW, **values) == 1


def has_turn(work: Work, turn: Turn) -> bool:
    """Tell whether the turn is still the one, and nothing was sealed since."""
    return work.one(_STILL, fence=turn.fence, size=turn.size) is not None


def leave_turn(work: Work, turn: Turn) -> None:
    """Let another process seal at once."""
    work.run(_LEAVE, fence=turn.fence)


def unsealed(work: Work, most: int) -> list[tuple[int, str]]:
    """Return leaves that have no number yet, with their ids, in the order of those.

    They end before one that was changed: of it the alarm is sounded, and nothing is sealed beside
    it until somebody has looked (`acrux rows check`).
    """
    found: list[tuple[int, str]] = []
    for row in work.all(_UNSEALED[_dialect(work)], most=most):
        if not _LEAF.good(work, row):
            break
        leaf = _LEAF.read(row)
        found.append((leaf.id, leaf.body))
    return found


def number(work: Work, first: int, first_id: int, last_id: int) -> int:
    """Number the leaves without number between two ids, from `first` on; return how many they were.

    One that was committed since they were read is among them: then they are more than those. The
    first id is for PostgreSQL: of all ids up to the last it may expect millions, and reads the
    whole table for them.
    """
    count = work.run(_NUMBER[_dialect(work)], first=first, begin=first_id, last=last_id)
    work.run(_LAST, last=last_id)
    return count


def waiting(work: Work) -> Waiting:
    """Return what is not sealed yet."""
    return Waiting(*(work.one(_WAITING[_dialect(work)]) or (0, None)))


def oldest(work: Work) -> int | None:
    """Return when about the oldest leaf was written that is not sealed: it asks for one row."""
    found: int | None = work.value(_OLDEST[_dialect(work)])
    return found


def _dialect(work: Work) -> str:
    name: str = work.engine.dialect.name
    return name
