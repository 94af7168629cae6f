"""Several writes as one statement of PostgreSQL: one answer to wait for, and no BEGIN and COMMIT.

Whatever is written in a WITH sees the rows as they were before, whatever the others write, and
stands or falls with them (PostgreSQL manual, section 7.8.4). So it is for statements that say that
they depend on no other of their transaction (`Statement.apart`).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from idp.store.db.statements import Change, Statement

MOST = 8
"""Statements in one: more are rare, and the server would keep a plan for each number of them."""


class _Whole(NamedTuple):
    statement: Statement
    names: Sequence[Sequence[tuple[str, str]]]
    """Of each part: what its parameters are called by itself, and in the whole."""


_made: dict[tuple[Statement, ...], _Whole] = {}


def of(claim: Change | None, writes: Sequence[Change]) -> Change | None:
    """Return the one statement that does all of them; None where they are done one by one.

    With a `claim` that changes no row it fails, by a division by zero, and does nothing.
    """
    parts = writes if claim is None else [claim, *writes]
    key = tuple([part.statement for part in parts])
    whole = _made.get(key)
    if whole is None:
        if not 0 < len(parts) <= MOST or not _in_any_order(writes):
            return None
        whole = _made[key] = _joined(key, claims=claim is not None)
    values: dict[str, Any] = {}
    for part, names in zip(parts, whole.names, strict=True):
        given = part.values
        for name, anew in names:
            values[anew] = given[name]
    return Change(whole.statement, values)


def _in_any_order(writes: Sequence[Change]) -> bool:
    """Return True if it tells nobody which of `writes` is done first: that is not determined."""
    statements = [change.statement for change in writes]
    counts = [statement.numbered for statement in statements if statement.numbered]
    return len(counts) == len(set(counts)) and all(statement.apart for statement in statements)


def _joined(statements: Sequence[Statement], *, claims: bool) -> _Whole:
    parts, names = [], []
    for number, statement in enumerate(statements):
        text, anew = statement.named_anew(f"_{number}")
        guard = " RETURNING 1" if claims and number == 0 else ""
        parts.append(f"part_{number} AS ({text}{guard})")
        names.append(tuple(anew.items()))
    # Asked first, and if it fails nothing else is begun.
    check = "SELECT 1 / count(*) FROM part_0" if claims else "SELECT 1"
    return _Whole(Statement(f"WITH {', '.join(parts)} {check}"), names)
