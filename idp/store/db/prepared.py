"""Statements that PostgreSQL has prepared, sent below psycopg's cursor.

The cursor looks at each execution for whatever it may be: half of the client's part of a question.
A statement that a connection has seen a few times is prepared here by a name of ours, and from then
on only its values go out. Values, answers, errors and waiting are psycopg's own. Owns what is
prepared; never a transaction. All else (pipelines, poolers, what is rare) is the cursor's.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from psycopg import generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, PipelineStatus
from psycopg.pq.abc import PGresult

from idp.store.db.statements import ANEW

AFTER = 5
"""Uses of a statement on one connection after which it is prepared: as psycopg has it."""
MOST = 200
"""Statements of one connection that are prepared: more are of questions made for one occasion."""
_PARAMETER = re.compile(r"%(?:\((\w+)\)s|%)")
_DISCARDS = ("ROLLBACK", "ALTER", "DROP", "DISCARD", "DEALLOCATE")
"""Statements after which psycopg has the server forget all that is prepared, ours with it."""
_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Result(NamedTuple):
    """What a statement gave, in the words of the DB-API (PEP 249)."""

    rows: list[tuple[Any, ...]]
    rowcount: int

    def fetchone(self) -> tuple[Any, ...] | None:
        return self.rows[0] if self.rows else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows


@lru_cache(maxsize=1024)
def _numbered(text: str) -> tuple[bytes, Sequence[str], Sequence[PyFormat]]:
    """Return the text as PostgreSQL wants it, the names of its parameters, and their formats."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return "%" if name is None else f"${names.setdefault(name, len(names) + 1)}"

    numbered = _PARAMETER.sub(number, text).encode()
    return numbered, tuple(names), (PyFormat.AUTO,) * len(names)


class Prepared:
    """What is prepared on one connection, which one thread has at a time."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._wait = connection.wait
        self._values = Transformer(connection)
        self._names: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        self._seen: dict[str, int] = {}
        self._made = 0

    def execute(self, text: str, parameters: Any = ()) -> Any:
        """Execute a statement; return its `Result`, or the cursor that did it.

        Raises:
            psycopg.Error: as the cursor raises.
        """
        if self._pgconn.pipeline_status != PipelineStatus.OFF:
            return self._connection.cursor().execute(text, parameters)
        if text.startswith(ANEW):
            return self._connection.cursor().execute(text, parameters, prepare=False)
        if self._is_rare(text):
            cursor = self._connection.cursor().execute(text, parameters)
            if (cursor.statusmessage or "").startswith(_DISCARDS):
                self.forget()
            return cursor
        query, order, formats = _numbered(text)
        values = self._values.dump_sequence([parameters[name] for name in order], formats)
        key = (query, self._values.types or ())
        name = self._names.get(key) or self._prepare(key)
        self._pgconn.send_query_prepared(name, values, self._values.formats)
        return self._read(self._answer())

    def forget(self) -> None:
        """Let all of it go, as psycopg does when a transaction is undone, or a table altered."""
        if self._names:
            self._names.clear()
            self._connection.execute("DEALLOCATE ALL", prepare=False)

    def _is_rare(self, text: str) -> bool:
        seen = self._seen.get(text, 0)
        if seen >= AFTER:
            return False
        if seen or len(self._seen) < MOST:
            self._seen[text] = seen + 1
        return True

    def _prepare(self, key: tuple[bytes, tuple[int, ...]]) -> bytes:
        self._made += 1
        name = b"acrux_%d" % self._made
        self._pgconn.send_prepare(name, *key)
        self._answer()
        self._names[key] = name
        return name

    def _answer(self) -> PGresult:
        results: list[PGresult] = self._wait(generators.execute(self._pgconn))
        for result in results:
            if result.status not in _GOOD:
                raise psycopg.errors.error_from_result(result)
        return results[0]

    def _read(self, result: PGresult) -> Result:
        if result.status != ExecStatus.TUPLES_OK:
            changed = result.command_tuples
            return Result([], -1 if changed is None else changed)
        self._values.set_pgresult(result)
        rows: list[tuple[Any, ...]] = self._values.load_rows(0, result.ntuples, tuple)
        return Result(rows, result.ntuples)


def keep(connection: Any) -> None:
    """Keep on a connection what is prepared there."""
    connection.prepared = Prepared(connection)


def of(connection: Any) -> Prepared | None:
    """Return what is prepared on a connection; None where nothing may be.

    Nor where somebody is told of what its cursors do (`store.db.watched`).
    """
    found: Prepared | None = getattr(connection, "prepared", None)
    return found if found and connection.cursor_factory is psycopg.Cursor else None
