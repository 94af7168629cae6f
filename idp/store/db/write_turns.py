"""Whose turn it is to write to a SQLite file, among the threads of this process."""

import sqlite3
import threading

from idp.store.db.connections import Engine


class Busy(sqlite3.OperationalError):
    """The others of this process who write to a SQLite file took all the time there is."""

    sqlite_errorcode = sqlite3.SQLITE_BUSY
    sqlite_errorname = "SQLITE_BUSY"


_turns: dict[str, threading.Lock] = {}


def of(engine: Engine) -> "threading.Lock | None":
    """Return what lets the threads of this process write to one SQLite file in turn.

    SQLite lets a waiting writer sleep and try again, so that the unlucky wait for long; a queue of
    our own wakes the next at once. Between processes SQLite's own lock decides.
    """
    if engine.dialect.name != "sqlite":
        return None
    file = engine.url.database or ""
    return _turns.get(file) or _turns.setdefault(file, threading.Lock())
