"""What witnesses have signed below our checkpoints, line by line."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.ledger.log import CheckpointRow
from idp.store.models.evidence import LedgerCheckpoint
from idp.store.rows import reader

_CHECKPOINT = reader(CheckpointRow, LedgerCheckpoint)
_ADD = Statement(
    "INSERT INTO ledger_cosignature (size, witness, line) VALUES (:size, :witness, :line)"
    " ON CONFLICT (size, witness) DO NOTHING"
)
_LINES = Statement(
    "SELECT size, line FROM ledger_cosignature WHERE size > :after AND size <= :until"
    " ORDER BY size, witness"
)


def add(work: Work, size: int, witness: str, line: str) -> None:
    """Keep the first line with which `witness` (its key) signed the checkpoint of that size."""
    work.run(_ADD, size=size, witness=witness, line=line)


def lines(work: Work, after: int, until: int) -> defaultdict[int, list[str]]:
    """Return the lines below checkpoints over more than `after` leaves and up to `until`."""
    found = defaultdict[int, list[str]](list)
    for size, line in work.all(_LINES, after=after, until=until):
        found[size].append(line)
    return found


def newest(work: Work, witnesses: Sequence[str], needed: int) -> CheckpointRow | None:
    """Return the newest checkpoint that `needed` of these witnesses (their keys) have signed."""
    named = {f"w{number}": witness for number, witness in enumerate(witnesses)}
    return _CHECKPOINT.one(work.one(_newest(len(named)), needed=needed, **named))


@lru_cache
def _newest(count: int) -> Statement:
    names = ", ".join(f":w{number}" for number in range(count))
    return Statement(
        f"SELECT {_CHECKPOINT.columns} FROM ledger_checkpoint WHERE size ="
        f" (SELECT size FROM ledger_cosignature WHERE witness IN ({names}) GROUP BY size"
        " HAVING count(*) >= :needed ORDER BY size DESC LIMIT 1)"
    )
