"""PostgreSQL by its own tools: a dump of one snapshot, and into an empty database with it.

A database that is being restored holds a table that says so, from before the first row until all
that follows a restore is done: whoever is killed between leaves one that no server starts on.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql
from psycopg.conninfo import make_conninfo

from idp.errors import CommandError
from idp.store.copies import contents
from idp.store.copies.contents import MARK, Contents
from idp.store.db import Work, connections
from idp.store.db.schema import has_table
from idp.store.db.statements import Statement

_INSTALLED = Path("/usr/lib/postgresql")
_LOCK = 4_209_001_338
_NOT_FOR_TOOLS = ("autocommit", "context", "prepare_threshold")


def dump(engine: sa.Engine, folder: str, file: Path) -> Contents:
    """Write the database into `file` in the format `custom`; return what was in it at that moment.

    `folder` is where the tools are, "" for the usual places.

    Raises:
        CommandError: a tool is missing, too old, or says no.
    """
    plain = sa.create_engine(engine.url, poolclass=sa.NullPool)
    with plain.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        raw: Any = connection.connection.driver_connection
        if connections.is_pooled(raw):
            raise CommandError(
                "a pooler stands before the database: name the server itself in database.url for"
                " this command"
            )
        program = tool("pg_dump", folder, raw.info.server_version // 10000)
        # It lasts as long as the tool does, whatever a role is limited to.
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {limit} = 0")
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        found = contents.of(connection)
        words = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        _run(program, [*words, f"--file={file}"], engine.url)
    return found


def load(engine: sa.Engine, folder: str, file: Path) -> None:
    """Put a dump into a database that holds nothing, all of it or nothing.

    Raises:
        CommandError: a tool is missing, or says no.
    """
    program = tool("pg_restore", folder, 0)
    words = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    _run(program, [*words, str(file)], engine.url)


def problem(folder: str, file: Path) -> str | None:
    """Say why a dump cannot be read here; None when the tool can list what is in it."""
    program = tool("pg_restore", folder, 0)
    done = _called(program, "--list", str(file))
    return None if done.returncode == 0 else _said(program, done)


def tool(name: str, folder: str, server: int) -> Path:
    """Return a program of PostgreSQL that is as new as the server (its major version), or newer.

    Raises:
        CommandError: there is none.
    """
    found = {path: _major(path) for path in _candidates(name, folder)}
    if not found:
        where = f"in {folder}" if folder else "on the PATH"
        raise CommandError(
            f"{name} is not {where}: install PostgreSQL's client programs (Debian:"
            " postgresql-client), or set database.tools to their folder"
        )
    fit = [path for path, major in found.items() if major >= server]
    if not fit:
        raise CommandError(
            f"{name} is of version {max(found.values())}, and the server of {server}: install the"
            " client programs of that version, or set database.tools to their folder"
        )
    return fit[0]


def _candidates(name: str, folder: str) -> Iterator[Path]:
    if folder:
        places = [Path(folder) / name]
    else:
        on_path = shutil.which(name)
        places = [Path(on_path)] if on_path else []
        places += sorted(_INSTALLED.glob(f"*/bin/{name}"), reverse=True)
    return (path for path in places if os.access(path, os.X_OK))


def _major(program: Path) -> int:
    number = re.search(r"\) (\d+)", _called(program, "--version").stdout)
    return int(number[1]) if number else 0


def _run(program: Path, words: list[str], url: sa.URL) -> None:
    """Run a tool on the database at `url`; the password stands in no list of processes."""
    given = sa.create_engine(url).dialect.create_connect_args(url)[1]
    values = {k: v for k, v in given.items() if k not in _NOT_FOR_TOOLS}
    with tempfile.NamedTemporaryFile("w", prefix="acrux-") as passwords:
        if "password" in values:
            secret = str(values.pop("password")).replace("\\", "\\\\").replace(":", "\\:")
            passwords.write(f"*:*:*:*:{secret}\n")
            passwords.flush()
            values["passfile"] = passwords.name
        done = _called(program, "--no-password", f"--dbname={make_conninfo(**values)}", *words)
    if done.returncode != 0:
        raise CommandError(_said(program, done))


def _called(program: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - a tool of PostgreSQL, no shell
        [program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def _said(program: Path, done: "subprocess.CompletedProcess[str]") -> str:
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if not lines:
        return f"{program.name} ended with status {done.returncode}"
    error = next((line for line in lines if "error" in line), lines[0])
    return f"{program.name} says: {error.partition('error: ')[2] or error}"


# -- the mark of a restore that is not done


def is_marked(engine: sa.Engine) -> bool:
    """Return True if a restore into this database was begun, and not finished."""
    return engine.dialect.name == "postgresql" and has_table(engine, MARK)


def mark(engine: sa.Engine) -> None:
    """Say that a restore has begun; what one that was broken off left behind is dropped.

    The caller knows that the database is empty, or marked: then it was empty before.
    """
    with _plain(engine) as connection:
        for name in contents.tables(engine):
            if name != MARK:
                statement = sql.SQL("DROP TABLE IF EXISTS {} CASCADE")
                connection.execute(statement.format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} ()").format(sql.Identifier(MARK)))


_UNMARK = Statement(f"DROP TABLE {MARK}")


def unmark(work: Work) -> None:
    """Say that the restore is done, with the commit of all that follows it."""
    work.run(_UNMARK)


@contextmanager
def alone(engine: sa.Engine) -> Iterator[None]:
    """Let one restore at a time work on a database.

    Raises:
        CommandError: another has it.
    """
    with _plain(engine) as connection:
        held = connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
        if not held or not held[0]:
            raise CommandError("another restore into this database is under way")
        connection.commit()
        yield


@contextmanager
def _plain(engine: sa.Engine) -> Iterator[psycopg.Connection]:
    """Open one transaction on a connection of its own."""
    make: Callable[..., Any] = sa.create_engine(engine.url, poolclass=sa.NullPool).raw_connection
    fairy = make()
    try:
        yield fairy.driver_connection
        fairy.commit()
    finally:
        fairy.close()
