"""Which rows of the ledger are of a period."""

from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement


@dataclass(frozen=True)
class Span:
    """Rows from number `first` up to `end`, which is not among them, and has a checkpoint."""

    first: int
    end: int


_BETWEEN = Statement(
    "SELECT min(seq), max(seq) FROM ledger_leaf"
    " WHERE seq IS NOT NULL AND at >= :since AND at < :until"
)
_SIGNED = Statement("SELECT min(size) FROM ledger_checkpoint WHERE size > :last")


def rows_between(work: Work, since: int, until: int) -> Span | None:
    """Return the sealed rows of a period, and those that were sealed together with the last one.

    None where there are none. What was sealed out of order by seconds makes them a few more.
    """
    row = work.one(_BETWEEN, since=since, until=until)
    if row is None or row[0] is None:
        return None
    end = work.value(_SIGNED, last=row[1])
    return None if end is None else Span(int(row[0]), int(end))
