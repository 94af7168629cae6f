"""How a database is bound to the application: its connections are made, prepared and closed here.

Owns the engine and its limits; what is done on a connection, and in which transaction, is
`store.db`'s. Tables are declared on `Model` (`store.models`).
"""

import logging
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import QueuePool

from idp.store.db import prepared, silence, spare

# Of a connection that is lost it warns a second time, beside the error that says so.
logging.getLogger("psycopg").setLevel(logging.ERROR)

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


Engine = sa.Engine
BUSY = 15
"""Seconds for which a writer waits on SQLite: for its turn and for the file's lock together."""
_CHECKPOINT = "wal_autocheckpoint=2000"
"""Pages of 4 KiB after which SQLite writes its log into the file: twice its own default.

Most pages of a busy installation are changed again at once, and are written only as they are then;
but a writer waits for it.
"""
POOL = 5
"""Seconds for which someone waits for a connection that others use."""
WRITERS_PAGES = "PRAGMA cache_size = -32000"
"""Of SQLite's pages 32 MB stay in memory, in the one connection that writes for all: keys are
random, so that each lies in another page. What others have read is out of date in a moment."""


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


_closed: weakref.WeakSet[sa.Engine] = weakref.WeakSet()


def close(engine: sa.Engine) -> None:
    """Close the connections of `engine`: those that no one uses now, each other one after its use.

    A thread may be at work at that moment, or begin later: its unit of work is carried out as ever.
    `Engine.dispose` forgets such a connection, which then stays open until the collector finds it.
    """
    _closed.add(engine)
    spare.of(engine).close()
    engine.pool.dispose()


def at_most(engine: sa.Engine) -> int:
    """Return how many connections of `engine` there may be."""
    return spare.at_most(engine.pool)


def in_use(engine: sa.Engine) -> int:
    """Return how many connections of `engine` somebody has."""
    pool: Any = engine.pool
    return int(pool.checkedout()) - len(spare.of(engine))


def is_closed(engine: sa.Engine) -> bool:
    """Return True if no connection of `engine` is to be kept after its use."""
    return engine in _closed


def init_app(app: Flask, url: str, pool: int, prepare: str = "auto") -> sa.Engine:
    """Bind `app` to the database at `url` and return its engine.

    `prepare` is the setting `database.prepare`: `auto` or `never`.
    """
    sqlite = url.startswith("sqlite")
    options: dict[str, Any] = {
        "pool_size": pool,
        "max_overflow": spare.OVERFLOW * pool,
        "pool_timeout": POOL,
    }
    if sqlite:
        # One connection a thread, drawn from a pool; the driver's own transactions are off.
        options |= {
            "poolclass": QueuePool,
            "connect_args": {"check_same_thread": False, "isolation_level": None, "timeout": BUSY},
        }
    else:
        limits = silence.connection_options(url)
        options |= {"connect_args": {"autocommit": True, **limits}, "pool_pre_ping": False}
    options["pool_reset_on_return"] = None
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    after_requests = [*app.teardown_appcontext_funcs]
    db.init_app(app)
    # No one uses the session of the ORM, so no request need end by looking for one.
    app.teardown_appcontext_funcs[:] = after_requests
    with app.app_context():
        engine = db.engine
    if sqlite:
        sa.event.listen(engine, "connect", _prepare_sqlite)
    else:
        silence.bound_waits(engine)
        sa.event.listen(engine, "connect", partial(_prepare_postgresql, prepare))
    return engine


def _prepare_postgresql(prepare: str, connection: Any, _record: Any) -> None:
    """Prepare no statement where the next one may meet another session of the server."""
    if prepare == "never" or is_pooled(connection):
        connection.prepare_threshold = None
    else:
        prepared.keep(connection)


def is_pooled(connection: Any) -> bool:
    """Return True if a pooler (PgBouncer) stands between this connection and the server.

    The process that a pooler names at the beginning, for cancelling, is not the one that answers.
    """
    found = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
    return bool(found[0] != connection.info.backend_pid)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL, durable at COMMIT, foreign keys: an acknowledged revocation may not be lost."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", _CHECKPOINT):
        connection.execute(f"PRAGMA {pragma}")
