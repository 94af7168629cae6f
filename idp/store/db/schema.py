"""What a database is: its schema's revision, its time, its ways; and its driver's words of trouble.

Changing the schema is the migrations' task (`migrations/`); this only looks.
"""

import sqlite3
from collections.abc import Mapping

import psycopg
import sqlalchemy as sa

from idp.store.db.connections import is_pooled

DATABASE_ERRORS = (sa.exc.SQLAlchemyError, sqlite3.Error, psycopg.Error)
"""What any statement may raise, whichever database and layer it comes from."""
_TABLE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?",
    "postgresql": "SELECT 1 FROM pg_class WHERE oid = to_regclass(%s) AND relkind = 'r'",
}
_COLUMN = {
    "sqlite": "SELECT 1 FROM pragma_table_info(?) WHERE name = ?",
    "postgresql": "SELECT 1 FROM pg_attribute"
    " WHERE attrelid = to_regclass(%s) AND attname = %s AND NOT attisdropped",
}
# One place in the catalog. SQLAlchemy's inspector takes ten times as long, before each command.


def revision(engine: sa.Engine) -> str | None:
    """Return the revision of the schema; None when the database is empty.

    Raises:
        DATABASE_ERRORS: it cannot be reached.
    """
    with engine.connect() as connection:
        if not _holds(connection, _TABLE, "alembic_version"):
            return None
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return None if found is None else str(found)


def has_table(engine: sa.Engine, name: str) -> bool:
    """Return True if the database has a table of this name."""
    with engine.connect() as connection:
        return _holds(connection, _TABLE, name)


def has_column(engine: sa.Engine, table: str, name: str) -> bool:
    """Return True if the database has this table, and the table has a column of this name."""
    with engine.connect() as connection:
        return _holds(connection, _COLUMN, table, name)


def _holds(connection: sa.Connection, question: Mapping[str, str], *names: str) -> bool:
    asked = connection.exec_driver_sql(question[connection.dialect.name], names)
    return asked.first() is not None


def product(engine: sa.Engine) -> str:
    """Return name and version of the database, as its own server or library says them."""
    with engine.connect() as connection:
        version = connection.dialect.server_version_info or ()
    return f"{engine.dialect.name} {'.'.join(map(str, version))}"


def pooled(engine: sa.Engine) -> bool:
    """Return True if a pooler stands before PostgreSQL: see `store.db.connections.is_pooled`."""
    if engine.dialect.name != "postgresql":
        return False
    with engine.connect() as connection:
        return is_pooled(connection.connection.driver_connection)


def journal_mode(engine: sa.Engine) -> str | None:
    """Return SQLite's journal mode, `wal` as it should be; None for another database."""
    if engine.dialect.name != "sqlite":
        return None
    with engine.connect() as connection:
        return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())


def database_time(engine: sa.Engine) -> int | None:
    """Return the time of the database's server in seconds since 1970 UTC; None for SQLite."""
    if engine.dialect.name != "postgresql":
        return None
    with engine.connect() as connection:
        statement = "SELECT extract(epoch FROM clock_timestamp())::bigint"
        return int(connection.exec_driver_sql(statement).scalar_one())


def one_line(error: BaseException) -> str:
    """Return what a database error says, in one line and without statement or parameters."""
    cause = getattr(error, "orig", None) or error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return lines[0].strip()
