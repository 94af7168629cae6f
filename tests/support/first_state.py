"""What every installation of a test begins with, made once for a test process and then copied.

The migrations take most of the time in which a site is set up, and a pair of RSA keys much of the
rest. Both are the product's own work, done for the first site; tests of the migrations and of the
commands do theirs themselves.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import URL

from idp.cli import schema
from idp.oidc.tokens import signing_keys
from idp.store.db import connections
from tests.support.programs.postgres import Cluster, copy_database

RSA_KEYS = 6
"""As many sites of one test as may need keys that differ, and more."""
FIRST = frozenset({"alembic_version", "seal_check", "signing_key"})
"""Tables that a first start writes."""
RULES = '%"kind":"policy"%'
"""What a leaf of the ledger that tells of rules is like."""
ready: set[str] = set()
"""Databases of PostgreSQL that have this state already."""
copied: set[str] = set()
"""Those that were made as copies of the template."""
_templates: dict[str, Any] = {}


def migrate(engine: Any) -> None:
    """Bring an empty database to the newest schema, made first if need be."""
    url: URL = engine.url
    if url.drivername.startswith("sqlite"):
        _sqlite(engine, Path(str(url.database)))
    elif str(url.query.get("host", "")).startswith("/"):
        _postgres(engine, url)
    else:
        schema.upgrade(engine)


def hasten(engine: Any) -> None:
    """Let COMMIT wait for no disk: a database of a test is thrown away, and no test cuts power."""
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _without_sync)


def _without_sync(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _sqlite(engine: Any, path: Path) -> None:
    if path.exists() and path.stat().st_size:
        schema.upgrade(engine)
        return
    if "sqlite" in _templates:
        path.write_bytes(_templates["sqlite"])
        return
    schema.upgrade(engine)
    engine.dispose()
    # What stands in the log beside the file is in the file once the last one has closed it.
    assert not path.with_name(f"{path.name}-wal").exists()
    _templates["sqlite"] = path.read_bytes()


def _postgres(engine: Any, url: URL) -> None:
    """Copy the database by the server itself, which wants no one to be connected to either."""
    place = str(url.query["host"])
    name, template = str(url.database), f"template_{os.getpid()}"
    if name in ready:
        ready.discard(name)
        return
    engine.dispose()
    with _connected(url, "postgres") as admin:
        if place not in _templates:
            with suppress(psycopg.errors.DuplicateDatabase):
                copy_database(admin, "template1", name)
            schema.upgrade(engine)
            engine.dispose()
            copy_database(admin, name, template)
            _templates[place] = template
            return
        try:
            copy_database(admin, template, name)
            copied.add(name)
        except psycopg.errors.DuplicateDatabase:
            _fill(engine, url, admin)


def template(server: Cluster) -> str:
    """Return the name of the database that others on a server are copied from."""
    return str(_templates[str(server.directory)])


def _fill(engine: Any, url: URL, admin: psycopg.Connection) -> None:
    """Do the same for a database that is there, empty or not."""
    if _in_use(url):
        schema.upgrade(engine)
        return
    admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(str(url.database))))
    copy_database(admin, _templates[str(url.query["host"])], str(url.database))


def _in_use(url: URL) -> bool:
    """Return True if the database holds tables: an installation is there."""
    with _connected(url, str(url.database)) as own:
        found = own.execute("SELECT FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
    return found is not None


def _connected(url: URL, name: str) -> psycopg.Connection:
    place = str(url.query["host"])
    return psycopg.connect(host=place, user=url.username, dbname=name, autocommit=True)


def empty(engine: Any) -> None:
    """Delete every row but those that a first start makes, and the rules that the ledger names.

    A process that serves remembers which rules it has told the ledger of, and tells it once.
    """
    tables = connections.Model.metadata
    leaves = tables.tables["ledger_leaf"]
    with engine.begin() as connection:
        connection.execute(leaves.delete().where(leaves.c.body.not_like(RULES)))
        connection.execute(leaves.update().values(seq=None))
        for table in reversed(tables.sorted_tables):
            if table.name not in FIRST | {"ledger_leaf", "ledger_rules"}:
                connection.execute(table.delete())


@contextmanager
def ready_keys() -> Iterator[None]:
    """Let RSA keys that are made meanwhile be some of those that this process has ready."""
    before = signing_keys._MAKERS["RS256"]
    signing_keys._MAKERS["RS256"] = lambda: next(_rsa_keys())
    try:
        yield
    finally:
        signing_keys._MAKERS["RS256"] = before


@cache
def _rsa_keys() -> Iterator[Any]:
    return cycle([signing_keys._MAKERS["PS256"]() for _ in range(RSA_KEYS)])
