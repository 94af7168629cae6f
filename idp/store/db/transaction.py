"""The transaction of one connection: begun at the first write, in turn with others who write.

Owns BEGIN and COMMIT, and that a statement meets a live connection. What is written when, and what
a unit of work is, is `store.db.Work`'s.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from idp.store.db import connections, silence, write_turns
from idp.store.db.connections import Engine
from idp.store.db.line import LEAST, Line
from idp.store.db.statements import Statement


class Transaction(Line):
    """What is sent to the database, and between which BEGIN and COMMIT."""

    def __init__(self, engine: Engine, patience: float = math.inf) -> None:
        """`patience` is for how many seconds it waits for the database, in all."""
        super().__init__(engine, patience)
        self.in_doubt = False
        """A COMMIT was sent, and no one knows what came of it."""
        self.statements = 0
        self._committing = False
        self._begun = False
        self._turn: threading.Lock | None = None
        self._writes_by = math.inf
        """When it gives up being the one that writes to a SQLite file, if it waits already."""

    def _begin(self) -> None:
        turn = write_turns.of(self.engine)
        if turn is None:
            self._execute("BEGIN")
        else:
            self._begin_in_turn(turn)
        self._begun = True

    def _begin_in_turn(self, turn: threading.Lock) -> None:
        end = min(self._writes_by, self._limit_of_writing())
        if not self._acquired(turn, end):
            raise write_turns.Busy("the writers before this one took too long")
        self._turn = turn
        try:
            self._lock_file(end - time.monotonic())
        except BaseException:
            self._ended()
            raise

    def _limit_of_writing(self) -> float:
        return time.monotonic() + min(connections.BUSY, max(self._patience, LEAST))

    def _acquired(self, lock: threading.Lock, end: float) -> bool:
        return bool(self._waited(lock.acquire, True, max(0, end - time.monotonic())))

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
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.release()

    def _run(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        if self._cursor is None:
            self._connect()
        return self._on_a_live_one(self._begin_and_send, statement, values)

    def _on_a_live_one(self, call: Callable[..., Any], *values: Any) -> Any:
        begun = self._begun
        for _ in range(connections.at_most(self.engine)):
            try:
                return call(*values)
            except Exception as error:
                final = begun or self._committing or isinstance(error, silence.Silent)
                if final or not self._broken():
                    raise
            # The server closed this connection while it lay in the pool; nothing was done on it.
            # After a restart that is so of all that lie there.
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

    def _commit(self) -> None:
        self._committing = True
        self._execute("COMMIT")
