"""The unit of work. Owns transactions and nothing else.

One request is one `Work`: it reads without a transaction, begins one at its first write (SQLite:
BEGIN IMMEDIATE; PostgreSQL: READ COMMITTED), and is committed or rolled back as a whole. Code above
must therefore be right at READ COMMITTED: whatever may happen once is one conditional UPDATE.
Writes whose answer no one needs are kept (`Work.later`) and sent together with the COMMIT, which is
one round trip on PostgreSQL, and one statement where it can be (`store.db.one_statement`); on
SQLite all units that have only such writes, and wait for each other, are one transaction
(`store.db.together`).
"""

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from idp.caller import Caller
from idp.store.db import one_statement, together, trouble
from idp.store.db.connections import Engine
from idp.store.db.put_off import Mark, PutOff
from idp.store.db.statements import Change, Statement
from idp.store.db.together import Company, NotClaimed, Order, Take
from idp.store.db.transaction import Transaction

PATIENCE = 15
"""Seconds for which a request waits for the database, all its statements together."""


_NOBODY = Caller()
_SAVEPOINT = Statement("SAVEPOINT perhaps")
_BACK_TO_SAVEPOINT = Statement("ROLLBACK TO SAVEPOINT perhaps")
_RELEASE_SAVEPOINT = Statement("RELEASE SAVEPOINT perhaps")


class Work(Transaction):
    """One unit of work on one connection: the transaction of a request, a command or a job."""

    def __init__(self, engine: Engine, patience: float = math.inf) -> None:
        """`patience` is for how many seconds it waits for the database, in all."""
        super().__init__(engine, patience)
        self.caller = _NOBODY
        """Who acts: what every event, counter and notice takes the address and browser from."""
        self._put_off = PutOff()
        self._once: dict[str, int] = {}
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
        self._put_off.later(statement, values)

    def at_last(self, statement: Statement, order: str = "", **values: Any) -> None:
        """Run `statement` later, after all others: on a row that must be locked last.

        For a row that many transactions write: each has it for no longer than its COMMIT takes. One
        that writes several of them does so by their `order`, so that no two wait for each other.
        """
        self._put_off.at_last(order, statement, values)

    def once(self, statement: Statement, name: str, **values: Any) -> int:
        """Run `statement` unless one of this name was run in this transaction already.

        Return how many rows it changed, or had changed.
        """
        if name not in self._once:
            self._once[name] = self.run(statement, **values)
        return self._once[name]

    def select(self, clause: Any) -> list[Any]:
        """Run a query built for this one occasion (filters of a listing)."""
        return self.all(Statement(clause, anew=True))

    def after_commit(self, call: Any) -> None:
        """Call `call()` once the transaction is durable, such as to nudge the outbox."""
        self._put_off.after(call)

    def mark(self) -> Mark:
        """Return how much is put off by now."""
        return self._put_off.mark()

    def commit_if(self, claim: Change, since: Mark) -> bool:
        """Commit, and return True, if `claim` changes a row: what may happen once, happens now.

        False: it does not, or met a row that another took away. Then what was put off after `since`
        is forgotten, and all before stands. It is sent last, so that no one waits for a row, or for
        the file, while this unit still has something else to do.
        """
        before = self._put_off.up_to(since)
        if self._begun:
            # What was written already stands, whatever becomes of the claim.
            claimed = bool(self.unless_taken(claim.statement, **claim.values))
        else:
            try:
                self.commit(claim)
                return True
            except NotClaimed:
                claimed = False
        if not claimed:
            self._put_off = before
            return False
        self.commit()
        return True

    def commit(self, claim: Change | None = None) -> None:
        """Make everything so far durable; the work may go on with a new transaction."""
        try:
            if self._put_off or claim:
                self._flush(claim)
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
        for call in self._put_off.take_calls():
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
        self._put_off.clear()
        if self._begun:
            try:
                self._undo()
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

    def _flush(self, claim: Change | None) -> None:
        waiting = self._put_off.take_writes()
        company = None if self._begun else together.of(self.engine)
        if company is not None:
            self._write_together(company, Order(waiting, claim))
        elif self._limits_waits:
            if self._cursor is None:
                self._connect()
            self._flush_at_once(claim, waiting)
        else:
            self._flush_all(waiting)
        self.commits += 1

    def _ended(self) -> None:
        super()._ended()
        self._once.clear()

    def _write_together(self, company: Company, order: Order) -> None:
        if self._cursor is None and not self._spare.has_writer:
            # Before it waits: whoever leads needs one, and those who wait hold the others.
            self._connect()
        self._writes_by = self._limit_of_writing()
        try:
            company.carry_out(order, self._lead, self._is_called)
        finally:
            self._committing = order.sent
            self._writes_by = math.inf

    def _is_called(self, called: threading.Lock) -> bool:
        return self._acquired(called, self._writes_by)

    def _lead(self, take: Take) -> None:
        """Carry out the orders of all who wait, this unit's among them."""
        self._take_writer()
        self._begin()
        try:
            together.write(take(), self._execute, self._change)
        except BaseException:
            self.rollback()
            raise
        self._ended()
        self._give_writer_back()

    def _change(self, change: Change) -> int:
        count: int = self._send(*change).rowcount
        return count

    def _flush_at_once(self, claim: Change | None, waiting: Sequence[Change]) -> None:
        whole = None if self._begun else one_statement.of(claim, waiting)
        try:
            if whole is None:
                self._on_a_live_one(self._waited, self._flush_in_pipeline, claim, waiting)
            else:
                self._on_a_live_one(self._send_alone, whole)
        except (psycopg.errors.DivisionByZero, psycopg.IntegrityError):
            if claim is None:
                raise
            # It changed no row, or refers to one that has gone: what was written after it holds
            # on to rows that it has locked.
            raise NotClaimed from None

    def _send_alone(self, whole: Change) -> None:
        """Send what is a transaction by itself."""
        self._find_alive()
        self._committing = True
        self._send(*whole)

    def _flush_in_pipeline(self, claim: Change | None, waiting: Sequence[Change]) -> None:
        guard = [] if claim is None else [Change(claim.statement.or_fail, claim.values)]
        with self._raw.pipeline():
            self._flush_all([*guard, *waiting])

    def _flush_all(self, waiting: Sequence[Change]) -> None:
        if not self._begun:
            self._begin()
        for statement, values in waiting:
            self._send(statement, values)
        self._commit()


@contextmanager
def work(engine: Engine, patience: float = math.inf) -> Iterator[Work]:
    """Open a unit of work that commits at the end, and rolls back on an exception."""
    unit = Work(engine, patience)
    try:
        yield unit
        unit.commit()
    finally:
        unit.close()
