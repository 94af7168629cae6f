"""One connection of the pool, as one user has it: taken when needed, given back, dropped if lost.

Owns how long that user waits for the database, all in all, and what waiting tells of a database
that is silent (`store.db.silence`). Knows no transaction: that is `store.db.Work`.
"""

import math
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from idp.store.db import connections, prepared, silence, spare
from idp.store.db.connections import Engine, close, is_closed
from idp.store.db.prepared import Prepared

LEAST = 1.0
"""Seconds that a statement has, however little is left."""


class Lost(psycopg.OperationalError):
    """A connection that was closed before anything was asked of it."""


class Line:
    """A connection that is there when it is needed, and no waiting beyond the patience left."""

    def __init__(self, engine: Engine, patience: float = math.inf) -> None:
        """`patience` is for how many seconds it waits for the database, in all."""
        self.engine = engine
        self._patience = patience
        self._silence = silence.of(engine)
        self._spare = spare.of(engine)
        self._limits_waits = engine.dialect.name == "postgresql"
        self._raw: Any = None
        self._finds_out = False
        self._fairy: Any = None
        self._cursor: Any = None
        self._asked = False
        self._unfit = False

    @contextmanager
    def hurried(self, seconds: float) -> Iterator[None]:
        """Wait for at most `seconds` inside: anyone who asks can do without the answer."""
        whole = self._patience
        self._patience = min(whole, seconds)
        try:
            yield
        finally:
            self._patience = whole

    def _connect(self) -> None:
        self._finds_out = self._silence.ask()
        self._hold(self._waited(self._spare.take))

    def _hold(self, fairy: Any) -> None:
        self._fairy, self._raw = fairy, fairy.driver_connection
        self._cursor = prepared.of(self._raw) or self._raw.cursor()
        self._asked = self._unfit = False

    def _waited(self, call: Callable[..., Any], *values: Any) -> Any:
        """Return what `call` does, whose time goes off what this unit has."""
        began = time.monotonic()
        try:
            answer = call(*values)
        except BaseException as error:
            self._silence.note(error, time.monotonic() - began, found_out=self._finds_out)
            self._unfit = self._unfit or isinstance(error, psycopg.errors.ReadOnlySqlTransaction)
            self._finds_out = False
            raise
        finally:
            self._patience -= time.monotonic() - began
        return answer

    def _execute(self, text: str, parameters: Any = ()) -> Any:
        if self._limits_waits:
            left = max(self._patience, LEAST)
            limit = None if left == math.inf else min(left, silence.STATEMENT)
            self._raw.seconds = limit
        answer = self._waited(self._cursor.execute, text, parameters)
        self._asked = True
        if self._finds_out:
            self._finds_out = False
            self._silence.over()
        return answer

    def _give_back(self) -> None:
        if self._unfit:
            self._leave_standby()
            return
        fairy, self._fairy, self._cursor = self._fairy, None, None
        if fairy is not None:
            self._spare.give(fairy)
            # Looked at after it was put back: `close` looks after it has said so, and one of the
            # two finds the connection.
            if is_closed(self.engine):
                close(self.engine)

    def _take_writer(self) -> None:
        """Go on with the connection that wrote last for all, or with one's own where none did."""
        writer = self._spare.take_writer()
        if writer is not None:
            self._give_back()
            self._hold(writer)
        else:
            if self._cursor is None:
                self._connect()
            self._execute(connections.WRITERS_PAGES)

    def _give_writer_back(self) -> None:
        fairy, self._fairy, self._cursor = self._fairy, None, None
        self._spare.give_writer(fairy)
        if is_closed(self.engine):
            close(self.engine)

    def _find_alive(self) -> None:
        """Look whether the server of a connection that was just taken has said something unasked.

        It says that it closes it. Whoever writes to it all the same cannot know what came of that.

        Raises:
            Lost: it was closed while it lay in the pool.
        """
        if not self._asked and _has_said_something(self._raw.fileno()):
            self._raw.close()
            raise Lost("the server closed the connection while it lay there")

    def _undo(self) -> None:
        """Roll the transaction back.

        Not as a statement: psycopg takes one for prepared that stood in a pipeline behind what
        failed, and was never read by the server. By this it forgets them all.
        """
        self._raw.rollback()
        if isinstance(self._cursor, Prepared):
            self._cursor.forget()

    def _broken(self) -> bool:
        return self._fairy is not None and bool(getattr(self._raw, "closed", False))

    def _leave_standby(self) -> None:
        """Keep no connection: this one leads to a server that only answers, others may, too.

        It is a standby, or has become one. Whoever asks next is led to the primary, if there is one
        by then (`target_session_attrs`, or a proxy that knows it).
        """
        self._drop()
        self._spare.close()

    def _drop(self) -> None:
        """Throw the connection away instead of giving it back."""
        if self._fairy is not None:
            self._fairy.invalidate()
        self._fairy = self._cursor = None


def _has_said_something(socket: int) -> bool:
    waits = select.poll()
    waits.register(socket, select.POLLIN)
    return bool(waits.poll(0))
