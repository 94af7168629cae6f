"""The unit of work. Owns transactions and nothing else.

One request is one `Work`: it reads without a transaction, begins one at its first write (SQLite:
BEGIN IMMEDIATE; PostgreSQL: READ COMMITTED), and is committed or rolled back as a whole. Code above
must therefore be right at READ COMMITTED: whatever may happen once is one conditional UPDATE.
Writes whose answer no one needs are kept (`Work.later`) and sent together with the COMMIT, which is
one round trip on PostgreSQL and the shortest possible write lock on SQLite.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from idp.caller import Caller
from idp.store.db import connections, silence, trouble, write_turns
from idp.store.db.connections import Engine
from idp.store.db.line import LEAST, Line
from idp.store.db.statements import Statement

PATIENCE = 15
"""Seconds for which a request waits for the database, all its statements together."""


_SAVEPOINT = Statement("SAVEPOINT perhaps")
_BACK_TO_SAVEPOINT = Statement("ROLLBACK TO SAVEPOINT perhaps")
_RELEASE_SAVEPOINT = Statement("RELEASE SAVEPOINT perhaps")


class Work(Line):
    """One unit of work on one connection: the transaction of a request, a command or a job."""

    def __init__(self, engine: Engine, patience: float = math.inf) -> None:
        """`patience` is for how many seconds it waits for the database, in all."""
        super().__init__(engine, patience)
        self.in_doubt = False
        """A COMMIT was sent, and no one knows what came of it."""
        self._committing = False
        self.caller = Caller()
        """Who acts: what every event, counter and notice takes the address and browser from."""
        self._begun = False
        self._turn: threading.Semaphore | None = None
        self._later: list[tuple[Statement, Mapping[str, Any]]] = []
        self._at_last: list[tuple[str, Statement, Mapping[str, Any]]] = []
        self._after: list[Any] = []
        self._once: dict[str, int] = {}
        self.statements = 0
        self.commits = 0

    def all(self, statement: Statement, **values: Any) -> list[Any]:
        """Run `statement` and return every row as a tuple."""
        rows: list[Any] = self._run(statement, values).fetchall()
        return rows

    def one(self, statement: Statement, **values: Any) -> Any | None:
        """Run `statement` and return its first row as a tuple, or None."""
        return self._run(statement, values).fetchone()

    def value(self, statement: Statement, **values: Any) -> Any:
        """Run `statement` and return the first column of its first row; None without a row."""
        row = self._run(statement, values).fetchone()
        return None if row is None else row[0]

    def column(self, statement: Statement, **values: Any) -> list[Any]:
        """Run `statement` and return the first column of every row."""
        return [first for first, *_ in self._run(statement, values).fetchall()]

    def run(self, statement: Statement, **values: Any) -> int:
        """Run `statement` and return how many rows it changed."""
        count: int = self._run(statement, values).rowcount
        return count

    def unless_taken(self, statement: Statement, **values: Any) -> int:
        """Run a change that may meet another row's unique value, or miss the row it refers to.

        0 then, and all else stands. That row may have come, or gone, in a transaction that was
        committed a moment ago, which no condition of the statement sees at READ COMMITTED.
        """
        self._run(_SAVEPOINT, {})
        try:
            count = self.run(statement, **values)
        except self.engine.dialect.loaded_dbapi.IntegrityError:
            self._run(_BACK_TO_SAVEPOINT, {})
            count = 0
        # After any other error there is nothing to release: all of the transaction is undone.
        self._run(_RELEASE_SAVEPOINT, {})
        return count

    def later(self, statement: Statement, **values: Any) -> None:
        """Run `statement` just before the commit. Nothing may depend on its answer."""
        self._later.append((statement, values))

    def at_last(self, statement: Statement, order: str = "", **values: Any) -> None:
        """Run `statement` later, after all others: on a row that must be locked last.

        For a row that many transactions write: each has it for no longer than its COMMIT takes. One
        that writes several of them does so by their `order`, so that no two wait for each other.
        """
        self._at_last.append((order, statement, values))

    def once(self, statement: Statement, name: str, **values: Any) -> int:
        """Run `statement` unless one of this name was run in this transaction already.

        Return how many rows it changed, or had changed.
        """
        if name not in self._once:
            self._once[name] = self.run(statement, **values)
        return self._once[name]

    def select(self, clause: Any) -> list[Any]:
        """Run a query built for this one occasion (filters of a listing)."""
        return self.all(Statement(clause))

    def after_commit(self, call: Any) -> None:
        """Call `call()` once the transaction is durable, such as to nudge the outbox."""
        self._after.append(call)

    def commit(self) -> None:
        """Make everything so far durable; the work may go on with a new transaction."""
        try:
            if self._later or self._at_last:
                self._flush()
            elif self._begun:
                self._commit()
                self.commits += 1
            if self._begun:
                self._ended()
        except BaseException as error:
            found = trouble.of(error)
            if self._committing and found is not None and found.unanswered:
                self.in_doubt = True
            self.rollback()
            raise
        finally:
            self._committing = False
        calls, self._after = self._after, []
        for call in calls:
            call()

    def try_commit(self) -> bool:
        """Commit, and return True; False when something that was needed is no longer there.

        Then everything since the last commit is undone, and the caller looks again at what there
        is: a statement met a row that another transaction has taken away, or changed.
        """
        try:
            self.commit()
        except self.engine.dialect.loaded_dbapi.IntegrityError:
            return False
        return True

    def release(self) -> None:
        """Give the connection back for a while, when no transaction is open: slow work follows."""
        if not self._begun:
            self._give_back()

    def rollback(self) -> None:
        """Undo everything since the last commit."""
        self._later.clear()
        self._at_last.clear()
        self._after.clear()
        if self._begun:
            try:
                self._cursor.execute("ROLLBACK")
            except Exception:  # the connection is broken, and with it the transaction is undone
                self._drop()
            finally:
                self._ended()

    def close(self) -> None:
        """Give the connection back; whatever was not committed is undone."""
        self.rollback()
        if self._broken():
            self._drop()
        else:
            self._give_back()

    def _begin(self) -> None:
        turn = write_turns.of(self.engine)
        if turn is None:
            self._execute("BEGIN")
        else:
            self._begin_in_turn(turn)
        self._begun = True

    def _begin_in_turn(self, turn: threading.Semaphore) -> None:
        end = time.monotonic() + min(connections.BUSY, max(self._patience, LEAST))
        if not self._waited(turn.acquire, True, end - time.monotonic()):
            raise write_turns.Busy("the writers before this one took too long")
        self._turn = turn
        try:
            self._lock_file(end - time.monotonic())
        except BaseException:
            self._ended()
            raise

    def _lock_file(self, seconds: float) -> None:
        if seconds > connections.BUSY - LEAST:
            self._execute("BEGIN IMMEDIATE")
            return
        self._execute(f"PRAGMA busy_timeout = {max(1, int(seconds * 1000))}")
        try:
            self._execute("BEGIN IMMEDIATE")
        finally:
            self._execute(f"PRAGMA busy_timeout = {connections.BUSY * 1000}")

    def _ended(self) -> None:
        self._begun = False
        self._once.clear()
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.release()

    def _run(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        if self._cursor is None:
            self._connect()
        return self._on_a_live_one(self._begin_and_send, statement, values)

    def _on_a_live_one(self, call: Callable[..., Any], *values: Any) -> Any:
        begun = self._begun
        try:
            return call(*values)
        except Exception as error:
            final = begun or self._committing or isinstance(error, silence.Silent)
            if final or not self._broken():
                raise
            # The server closed this connection while it lay in the pool; nothing was done on it.
            self._drop()
            self._ended()
            self._connect()
            return call(*values)

    def _begin_and_send(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        if statement.writes and not self._begun:
            self._begin()
        return self._send(statement, values)

    def _send(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        text, order, defaults = statement.compiled(self.engine.dialect)
        self.statements += 1
        full = {**defaults, **values}
        parameters = full if order is None else [full[name] for name in order]
        return self._execute(text, parameters)

    def _flush(self) -> None:
        last = sorted(self._at_last, key=lambda each: each[0])
        waiting = [*self._later, *(each[1:] for each in last)]
        self._later, self._at_last = [], []
        if self._cursor is None:
            self._connect()
        if self._limits_waits:
            self._on_a_live_one(self._waited, self._flush_in_pipeline, waiting)
        else:
            self._flush_all(waiting)
        self.commits += 1

    def _flush_in_pipeline(self, waiting: Sequence[tuple[Statement, Mapping[str, Any]]]) -> None:
        with self._raw.pipeline():
            self._flush_all(waiting)

    def _flush_all(self, waiting: Sequence[tuple[Statement, Mapping[str, Any]]]) -> None:
        if not self._begun:
            self._begin()
        for statement, values in waiting:
            self._send(statement, values)
        self._commit()

    def _commit(self) -> None:
        self._committing = True
        self._execute("COMMIT")


@contextmanager
def work(engine: Engine, patience: float = math.inf) -> Iterator[Work]:
    """Open a unit of work that commits at the end, and rolls back on an exception."""
    unit = Work(engine, patience)
    try:
        yield unit
        unit.commit()
    finally:
        unit.close()
