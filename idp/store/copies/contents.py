"""What a database holds, read on a plain connection: for the manifest, and to compare with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True)
class Contents:
    """A database at one moment."""

    revision: str
    tables: Mapping[str, int]
    """Every table, with the number of its rows."""
    keys: tuple[str, ...]
    """Ids of the encryption keys that something in it was sealed with, in hex."""
    last_event: int
    epoch: int


MARK = "restore_unfinished"
"""The table of a database that is being restored: see `store.copies.postgresql`."""


def of(connection: sa.Connection) -> Contents:
    """Return what there is. The caller's transaction says as of when.

    Raises:
        LookupError: this is no database of ours.
    """
    names = [name for name in sa.inspect(connection).get_table_names() if name != MARK]
    if not {"alembic_version", "event", "person"} <= set(names):
        raise LookupError("this is no database of Acrux")
    counts = {name: _value(connection, f'SELECT count(*) FROM "{name}"') for name in sorted(names)}
    keys = _column(connection, "SELECT key FROM seal_check") if "seal_check" in names else []
    return Contents(
        revision=str(_value(connection, "SELECT version_num FROM alembic_version")),
        tables=counts,
        keys=tuple(sorted(keys)),
        last_event=_value(connection, "SELECT max(id) FROM event") or 0,
        epoch=(_value(connection, "SELECT max(epoch) FROM backup") or 0)
        if "backup" in names
        else 0,
    )


def tables(engine: sa.Engine) -> list[str]:
    """Return the names of all tables of a database, ours or not."""
    with engine.connect() as connection:
        return sa.inspect(connection).get_table_names()


def of_file(url: str | sa.URL) -> Contents:
    """Return what the database at `url` holds, on a connection of its own."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return of(connection)


def _value(connection: sa.Connection, text: str) -> Any:
    return connection.exec_driver_sql(text).scalar()


def _column(connection: sa.Connection, text: str) -> list[Any]:
    return [first for (first,) in connection.exec_driver_sql(text)]
