"""A PostgreSQL that says nothing: how long each waits for it, and who asks it meanwhile.

A server that is frozen, or behind a network that drops, refuses nothing: its system goes on taking
what is sent, so that neither keepalive nor TCP's own limits notice. Owns the limit of one wait, and
that one asks a silent server while the others are told at once. Nothing here knows of transactions.
"""

import threading
import time
import weakref
from typing import Any

import psycopg
import sqlalchemy as sa

CONNECT = 5
"""Seconds in which PostgreSQL must take a connection; `connect_timeout` in the address wins."""
STATEMENT = 10
"""Seconds for one statement of a request: after them the server ends it, or we the connection."""
NOTICED = 4
"""Seconds of silence after which it is taken for the server's, not for one statement's."""
PAUSE = 1.0
"""Seconds between two who ask a silent server."""
NETWORK = {
    "tcp_user_timeout": STATEMENT * 1000,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""What ends a connection to a machine that is gone (libpq; milliseconds, then seconds)."""


class Silent(psycopg.OperationalError):
    """The server said nothing for as long as we wait; no one knows what it did."""


class Connection(psycopg.Connection[Any]):
    """A connection that waits no longer than `seconds` for an answer; None: as long as it takes."""

    seconds: float | None = STATEMENT

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        if timeout is not None or self.seconds is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.seconds)
        except psycopg.errors._WaitTimeout:
            # What it may yet say answers a question that no one asks any more.
            self.pgconn.finish()
            raise Silent("the server says nothing") from None


def connection_options(url: str) -> dict[str, Any]:
    """Return libpq's parameters for connections to `url`; those that it names itself win."""
    wanted = {"connect_timeout": CONNECT, **NETWORK}
    return {name: value for name, value in wanted.items() if name not in url}


def bound_waits(engine: sa.Engine) -> None:
    """Let every wait on a new connection of `engine` have an end."""
    sa.event.listen(engine, "do_connect", lambda _d, _r, args, kw: Connection.connect(*args, **kw))


def bound_statements(engine: sa.Engine) -> None:
    """Let PostgreSQL end each statement of `engine` after its time, unless a limit is set already.

    Not behind a pooler, which would give the setting to the next who comes. For an engine that has
    not connected yet.
    """
    if engine.dialect.name == "postgresql":
        sa.event.listen(engine, "connect", _limit)


def _limit(connection: Any, _record: Any) -> None:
    # None: a pooler, see `store.db.connections`.
    if connection.prepare_threshold is not None:
        connection.execute(
            "SELECT set_config('statement_timeout', %s, false)"
            " WHERE current_setting('statement_timeout') = '0'",
            (f"{STATEMENT}s",),
            prepare=False,
        )


class Silence:
    """What is known of one server's silence by everyone of this process who asks it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def ask(self) -> bool:
        """Be let to ask; True for the one who finds out for the others whether it is over.

        Raises:
            Silent: someone else is finding out.
        """
        if not self._until:
            return False
        now = time.monotonic()
        with self._lock:
            if not self._until:
                return False
            if now < self._until:
                raise Silent("the server says nothing, and somebody waits for it already")
            # Anyone who asks now has had an answer by then, or has noted that there was none.
            self._until = now + CONNECT + STATEMENT + PAUSE
            return True

    def note(self, error: BaseException, seconds: float, *, found_out: bool) -> None:
        """Remember what came of waiting for `seconds`; `found_out` as `ask` said."""
        if isinstance(error, Silent | psycopg.errors.ConnectionTimeout):
            if found_out or seconds >= NOTICED:
                self._until = time.monotonic() + PAUSE
        elif found_out:
            self.over()

    def over(self) -> None:
        """The server has said something."""
        self._until = 0.0


_silences: weakref.WeakKeyDictionary[sa.Engine, Silence] = weakref.WeakKeyDictionary()


def of(engine: sa.Engine) -> Silence:
    """Return what is known of the server behind `engine`."""
    found = _silences.get(engine)
    return found if found is not None else _silences.setdefault(engine, Silence())
