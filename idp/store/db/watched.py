"""Statements that somebody is told of: by the cursors of an engine's connections, where wanted.

Where nobody wants it, nothing here is imported, and the drivers' own cursors are at work.
"""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import sqlalchemy as sa

from idp.store.db.statements import ANEW

Around = Callable[[str], AbstractContextManager[None]]
"""Takes the text of a statement, and stands around its being carried out."""


def watch(engine: sa.Engine, around: Around) -> None:
    """Let every statement on new connections of `engine` be carried out within `around`."""
    if engine.dialect.name == "postgresql":
        cursor = _of_postgresql(around)
        sa.event.listen(
            engine, "connect", lambda found, _: setattr(found, "cursor_factory", cursor)
        )
    else:
        factory = _of_sqlite(around)
        sa.event.listen(engine, "do_connect", lambda _d, _r, _a, kw: kw.update(factory=factory))


def _of_postgresql(around: Around) -> type[Any]:
    class Cursor(psycopg.Cursor[Any]):
        """One that tells of each statement."""

        def execute(self, query: Any, *values: Any, **options: Any) -> Any:
            if str(query).startswith(ANEW):
                options["prepare"] = False
            with around(str(query)):
                return super().execute(query, *values, **options)

    return Cursor


def _of_sqlite(around: Around) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        """One that tells of each statement."""

        def execute(self, sql: str, *values: Any) -> Any:
            with around(sql):
                return super().execute(sql, *values)

    class Connection(sqlite3.Connection):
        """One whose cursors do so."""

        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    return Connection
