"""Which rows of the ledger are of a period.

No index has their moments, which would cost each seal as much as their numbers do: numbers are
given in order of time nearly, so halving finds the place.
"""

from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement

SLACK = 7_200
"""Seconds by which a row may stand beside its place in time: a clock that was set back, a worker
that was away."""


@dataclass(frozen=True)
class Span:
    """Rows from number `first` up to `end`, which is not among them, and has a checkpoint."""

    first: int
    end: int


_LAST = Statement("SELECT max(seq) FROM ledger_leaf WHERE seq IS NOT NULL")
_AT = Statement("SELECT at FROM ledger_leaf WHERE seq >= :seq ORDER BY seq LIMIT 1")
_WITHIN = (
    "SELECT seq FROM ledger_leaf WHERE seq >= :low AND seq < :high"
    " AND at >= :since AND at < :until ORDER BY seq"
)
_FIRST = Statement(f"{_WITHIN} LIMIT 1")
_NEWEST = Statement(f"{_WITHIN} DESC LIMIT 1")
_SIGNED = Statement("SELECT min(size) FROM ledger_checkpoint WHERE size > :last")


def rows_between(work: Work, since: int, until: int) -> Span | None:
    """Return the sealed rows of a period, and those that were sealed together with the last one.

    None where there are none. What was sealed out of order by seconds makes them a few more.
    """
    last = work.value(_LAST)
    if last is None:
        return None
    within = {
        "low": _place(work, since - SLACK, last + 1),
        "high": _place(work, until + SLACK, last + 1),
        "since": since,
        "until": until,
    }
    first = work.value(_FIRST, **within)
    if first is None:
        return None
    end = work.value(_SIGNED, last=work.value(_NEWEST, **within))
    return None if end is None else Span(int(first), int(end))


def _place(work: Work, moment: int, size: int) -> int:
    """Return the number from which on about all rows are of `moment` or later."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        at = work.value(_AT, seq=middle)
        if at is not None and at < moment:
            low = middle + 1
        else:
            high = middle
    return low
