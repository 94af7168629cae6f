"""Statements: SQL written once, compiled once per dialect. Owns no transaction (`store.db`)."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

_LOCKS = re.compile(r" FOR (?:(?:NO KEY )?UPDATE|(?:KEY )?SHARE)(?: SKIP LOCKED)?(?=\)|$)")
"""What a question may say of the rows that it locks."""
ANEW = "/* anew */ "
"""Begins the text of a statement that PostgreSQL is not to prepare."""
_PARAMETER = re.compile(r"(?<![:\w]):([a-z]\w*)")


class Compiled(NamedTuple):
    text: str
    order: Sequence[str] | None
    defaults: Mapping[str, Any]


class Statement:
    """SQL with `:named` parameters (or a Core query), compiled once per dialect for the driver.

    The ORM and Core's own execution cost several times the query itself on the paths that a busy
    installation walks all day (docs/performance.md), so statements go to the DB-API cursor.
    Locks of rows are left out for SQLite, which knows none: there is one writer at a time.
    """

    def __init__(
        self, clause: Any, *, apart: bool = False, numbered: str = "", anew: bool = False
    ) -> None:
        """`apart`: it reads and changes no row that another write of its transaction may change.

        So PostgreSQL may be given it together with others (`store.db.one_statement`), but no two
        that are `numbered` by one table: it counts its rows, and they are to stand as they were
        written.

        `anew`: PostgreSQL plans it by its values each time. What suits most values of a question
        with free filters may read a whole table for some.
        """
        self._anew = anew
        self.apart = apart
        self.numbered = numbered
        self.writes = isinstance(clause, str) and _begins(clause)
        self._clause = clause
        self._compiled: dict[str, Compiled] = {}

    def named_anew(self, end: str) -> tuple[str, Mapping[str, str]]:
        """Return the SQL with `end` behind each parameter's name, and the new names by the old."""
        names = {name: name + end for name in _PARAMETER.findall(self._clause)}
        return _PARAMETER.sub(lambda found: f":{names[found[1]]}", self._clause), names

    @cached_property
    def or_fail(self) -> "Statement":
        """The same change for PostgreSQL, which divides by zero where no row is changed.

        So what follows in one pipeline is never done, with no answer to wait for in between.
        """
        return Statement(f"WITH done AS ({self._clause} RETURNING 1) SELECT 1 / count(*) FROM done")

    def compiled(self, dialect: sa.Dialect) -> Compiled:
        """Return the text and the parameter order for `dialect`."""
        found = self._compiled.get(dialect.name)
        if found is None:
            clause = self._clause
            if isinstance(clause, str):
                clause = sa.text(_LOCKS.sub("", clause) if dialect.name == "sqlite" else clause)
            result = clause.compile(dialect=dialect)
            order = getattr(result, "positiontup", None)
            before = ANEW if self._anew and dialect.name == "postgresql" else ""
            found = Compiled(before + str(result), order, dict(result.params))
            self._compiled[dialect.name] = found
        return found


def _begins(text: str) -> bool:
    """Return True if SQL needs a transaction: it changes rows, or holds them until the commit."""
    return not text.lstrip().startswith("SELECT") or _LOCKS.search(text) is not None


class Change(NamedTuple):
    """A statement that writes, with its values."""

    statement: Statement
    values: Mapping[str, Any]
