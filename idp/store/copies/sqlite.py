"""SQLite's file: copied while it is written to, looked through, and held by one alone."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from idp.errors import CommandError

_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)


def copy(source: Path, target: Path) -> None:
    """Copy a database into the empty file `target` as it is at one moment, and let it rest there.

    It is one step, so it reads within one snapshot of the log: writers go on, none makes it begin
    again, and the copy is one file (https://sqlite.org/backup.html).

    Raises:
        sqlite3.Error: it cannot be read.
        OSError: there is no room, or the file cannot be written.
    """
    uri = f"{source.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True)) as read,
        closing(_open(target)) as written,
        _as_os_errors(),
    ):
        read.backup(written, pages=-1)
        written.execute("PRAGMA journal_mode=DELETE").fetchone()


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """Let a full disk be what it is elsewhere."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in _FULL:
            raise OSError(28, "No space left on device") from None
        raise


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, isolation_level=None)


def problem(file: Path) -> str | None:
    """Say what is wrong with a database file; None when it is whole and refers to nothing lost."""
    try:
        with closing(_open(file)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                return str(found)
            lost = connection.execute("PRAGMA foreign_key_check").fetchone()
            return f"a row of the table {lost[0]} refers to one that is not there" if lost else None
    except sqlite3.Error as error:
        return str(error)


def fold(file: Path) -> None:
    """Write the log of a database into its file, so that one file is all of it, and on the disk."""
    with closing(_open(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    with file.open("rb") as written:
        os.fsync(written.fileno())


@contextmanager
def alone(file: Path) -> Iterator[sqlite3.Connection | None]:
    """Hold a database file that no one else has open, its log written into it.

    It is read by what this yields: no other connection gets in, one of this process neither. None:
    the file is damaged, so that no one can have it open, and its log lies beside it as it was.

    Raises:
        CommandError: a server, or something else, has it open.
    """
    with closing(sqlite3.connect(file, isolation_level=None, timeout=1)) as connection:
        try:
            # Only who is alone may leave the log: https://sqlite.org/wal.html
            if connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
                raise _in_use(file)
            connection.execute("BEGIN EXCLUSIVE")
            whole = True
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) in _LOCKED:
                raise _in_use(file) from None
            whole = False
        yield connection if whole else None


_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _in_use(file: Path) -> CommandError:
    return CommandError(f"{file} is in use: stop the service, on every process, and run it again")


def beside(file: Path) -> list[Path]:
    """Return what lies beside a database file and belongs to it: its log, and an index of that."""
    found = (file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal"))
    return [each for each in found if each.exists()]


def holds_tables(file: Path) -> bool:
    """Return True unless a file is known to be an empty database."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            return has_tables(connection)
    except sqlite3.Error:
        # What is there cannot be read: it may be all that is left.
        return True


def has_tables(connection: sqlite3.Connection) -> bool:
    """Return True if a database holds any table.

    Raises:
        sqlite3.Error: it is damaged.
    """
    return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def epoch(connection: sqlite3.Connection) -> int:
    """Return how often what a database holds was restored; 0 where it does not know."""
    try:
        return int(connection.execute("SELECT max(epoch) FROM backup").fetchone()[0] or 0)
    except (sqlite3.Error, ValueError, TypeError):
        return 0
