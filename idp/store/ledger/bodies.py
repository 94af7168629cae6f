"""Bodies of leaves go when their time is over: number, name, moment and the tree stay.

An emptied leaf has a tag of its own, which only the keyring makes: whoever empties one by SQL is
found out.
"""

import json
from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.evidence import Leaf
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import LEAF


@dataclass(frozen=True)
class _Place:
    seq: int


_LEAF = Sealed(LEAF, reader(_Place, Leaf))
# Of many, so that one which was sealed while a clock was ahead holds nothing up for long.
_DUE = Statement(
    "SELECT max(c.size) FROM (SELECT size, at FROM ledger_checkpoint WHERE size > :after"
    " ORDER BY size LIMIT 1000) c WHERE c.at < :until"
)
_EMPTY = Statement(
    "UPDATE ledger_leaf SET body = NULL, tag = :tag"
    " WHERE seq = :seq AND jti = :jti AND at = :at AND body IS NOT NULL"
)
_EMPTIED = Statement(
    f"SELECT {_LEAF.columns} FROM ledger_leaf WHERE seq >= :start AND seq < :end AND body IS NULL"
    " ORDER BY seq"
)
_REACHED = Statement(
    "SELECT data FROM event WHERE kind = :kind AND data LIKE :wanted ORDER BY id DESC LIMIT 1"
)


def due(work: Work, after: int, until: int) -> int | None:
    """Return a number behind `after` up to which all leaves were sealed before `until`, if any."""
    found: int | None = work.value(_DUE, after=after, until=until)
    return found


def empty(work: Work, seq: int, jti: str, at: int) -> bool:
    """Let a sealed leaf have no body any more; False when it has none, or is another."""
    tag = LEAF.tag(work, jti=jti, at=at, body=None)
    return work.run(_EMPTY, seq=seq, jti=jti, at=at, tag=tag) == 1


def emptied_by_others(work: Work, start: int, end: int) -> list[int]:
    """Return the numbers of leaves whose body something else took; the alarm is sounded."""
    rows = work.all(_EMPTIED, start=start, end=end)
    return [_LEAF.read(row).seq for row in rows if not _LEAF.good(work, row)]


def reached(work: Work, kind: str, kept: str) -> int:
    """Return up to which number bodies went, by the newest event of `kind` that is of `kept`."""
    data = work.value(_REACHED, kind=kind, wanted=f'%"kept": "{kept}"%')
    return 0 if data is None else int(json.loads(data)["end"])
