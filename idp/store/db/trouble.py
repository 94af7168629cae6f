"""When a database is in trouble, told by its own codes from a fault of ours.

In trouble: away, starting or stopping, out of room or connections, locked for long, silent; or two
transactions waited for each other, and one was undone. Then the same request may succeed in a
moment, and anyone who asks is told so (503). All else that a
database refuses is a statement or a schema of ours that is wrong.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import sqlalchemy as sa

_GAVE_WAY = ("40001", "40P01")
"""Codes of a transaction that was undone so that another one could go on."""
_SQLSTATES = (
    *("08", "53", "57", "58"),
    *_GAVE_WAY,
    # A standby that takes no writes yet; a lock, or a transaction, that had its time.
    *("25006", "25P03", "25P04", "55P03"),
)
"""How codes begin: connections, resources, operators, its system (PostgreSQL, Appendix A)."""
_UNANSWERED = ("08", "57P01", "57P02", "57P03")
"""Those that end a connection, whatever it was about to say."""
_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
"""Primary result codes (sqlite.org/rescode.html). A damaged file is none: it needs a person."""
_PRIMARY = 0xFF
_MISSING = "23503"
"""A row refers to one that is not there (PostgreSQL, Appendix A)."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong, in words for the log: `error` is the exception's class.

    `code` is the SQLSTATE, or SQLite's name for it; "" where the server said nothing any more.
    """

    error: str
    code: str

    @property
    def unanswered(self) -> bool:
        """Whether a COMMIT that met this may have been carried out: no one said that it was not."""
        return self.code.startswith(("SQLITE_IOERR", *_UNANSWERED)) or not self.code


_heard: list[Callable[[Trouble], None]] = []


def hear(call: Callable[[Trouble], None]) -> None:
    """Have `call` told of every trouble by which work of this process failed."""
    _heard[:] = [call]


def note(error: BaseException) -> None:
    """Tell whoever hears of it that work failed by `error`, if that is trouble."""
    found = of(error) if _heard else None
    if found is not None:
        for call in _heard:
            call(found)


def of(error: BaseException) -> Trouble | None:
    """Return the trouble that the database is in; None when `error` tells of none."""
    cause = getattr(error, "orig", None) or error
    name = type(cause).__name__
    if isinstance(cause, psycopg.Error):
        return _of_postgresql(cause, name)
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0)
        found = code & _PRIMARY in _SQLITE
        return Trouble(name, cause.sqlite_errorname) if found else None
    # All connections of the pool were in use for long.
    return Trouble(name, "pool") if isinstance(cause, sa.exc.TimeoutError) else None


def gave_way(error: BaseException) -> bool:
    """Return True if the transaction was undone for another one: from its start, it may be done."""
    cause = getattr(error, "orig", None) or error
    return isinstance(cause, psycopg.Error) and cause.sqlstate in _GAVE_WAY


def is_missing(error: BaseException) -> bool:
    """Return True if a row was to refer to one that is gone: it was deleted meanwhile."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, psycopg.Error):
        return cause.sqlstate == _MISSING
    code = getattr(cause, "sqlite_errorcode", 0)
    return isinstance(cause, sqlite3.Error) and code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY


def _of_postgresql(error: psycopg.Error, name: str) -> Trouble | None:
    if error.sqlstate is not None:
        found = error.sqlstate.startswith(_SQLSTATES)
        return Trouble(name, error.sqlstate) if found else None
    if isinstance(error, psycopg.errors.PipelineAborted):
        # What follows upon a fault of a statement before it.
        return None
    # libpq's own word: no connection, or none any more.
    return Trouble(name, "") if isinstance(error, psycopg.OperationalError) else None
