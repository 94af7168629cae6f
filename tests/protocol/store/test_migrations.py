"""The migrations bring an empty database to exactly the tables that the code declares."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from idp.cli import schema
from idp.errors import CommandError
from idp.store import tags
from idp.store.db import connections
from idp.store.models.service import Event
from tests.protocol.command import Acrux

MIGRATIONS = schema.MIGRATIONS
BROKEN = '''"""Adds a table, then fails."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO half (id) VALUES (1)")
    op.execute("UPDATE no_such_table SET id = 2")


def downgrade() -> None:
    op.drop_table("half")
'''


class Database:
    """An empty database with the application's own engine, and a plain one to look with."""

    def __init__(self, url: str, directory: Path = MIGRATIONS) -> None:
        self.engine = connections.init_app(Flask("migrations"), url, 2)
        tags.believe(self.engine)
        self.directory = directory
        self.plain = sa.create_engine(url, poolclass=sa.NullPool)

    def tables(self) -> set[str]:
        return set(sa.inspect(self.plain).get_table_names())

    def alembic(self, command: str, revision: str) -> None:
        config = schema.configuration(self.engine, self.directory)
        getattr(alembic.command, command)(config, revision)

    def close(self) -> None:
        connections.close(self.engine)
        self.plain.dispose()


@pytest.fixture
def database(empty_database: str) -> Iterator[Database]:
    found = Database(empty_database)
    yield found
    found.close()


OF_POSTGRESQL = {"ix_ledger_leaf_unsealed"}
"""Indexes that the models have for PostgreSQL alone; Alembic asks for them everywhere."""


def _is_of_another_dialect(difference: Any, context: MigrationContext) -> bool:
    what, index = difference[:2]
    return (
        context.dialect.name != "postgresql" and what == "add_index" and index.name in OF_POSTGRESQL
    )


@pytest.mark.slow
def test_an_empty_database_becomes_exactly_the_models(database: Database) -> None:
    before, after = schema.upgrade(database.engine)
    assert (before, after) == (None, schema.newest())
    assert schema.revision(database.engine) == after
    with database.plain.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        found = compare_metadata(context, connections.Model.metadata)
        assert [one for one in found if not _is_of_another_dialect(one, context)] == []


@pytest.mark.slow
def test_ids_of_events_are_given_by_the_database(database: Database) -> None:
    schema.upgrade(database.engine)
    row = {"at": 1, "kind": "k", "outcome": "done"}
    with database.plain.begin() as connection:
        connection.execute(sa.insert(Event), [row, row])
    with database.plain.connect() as connection:
        assert list(connection.execute(sa.select(Event.id).order_by("id")).scalars()) == [
            1,
            2,
        ]


@pytest.mark.slow
def test_upgrading_again_changes_nothing(database: Database) -> None:
    schema.upgrade(database.engine)
    newest = schema.newest()
    assert schema.upgrade(database.engine) == (newest, newest)


@pytest.mark.slow
def test_the_way_back_leaves_no_table(database: Database) -> None:
    schema.upgrade(database.engine)
    database.alembic("downgrade", "base")
    assert database.tables() == {"alembic_version"}


@pytest.mark.slow
def test_a_migration_that_fails_leaves_nothing_of_itself(
    empty_database: str, tmp_path: Path
) -> None:
    directory = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, directory, ignore=shutil.ignore_patterns("__pycache__"))
    newest = schema.newest()
    following = f"{int(newest) + 1:04d}"
    broken = BROKEN.format(revision=following, before=newest)
    (directory / "versions" / f"{following}_broken.py").write_text(broken)
    database = Database(empty_database, directory)
    try:
        with pytest.raises(sa.exc.DatabaseError, match="no_such_table"):
            database.alembic("upgrade", "head")
        assert database.tables() - {"alembic_version"} == set()
        database.alembic("upgrade", newest)
        with pytest.raises(sa.exc.DatabaseError, match="no_such_table"):
            database.alembic("upgrade", "head")
        assert "half" not in database.tables()
        assert schema.revision(database.engine) == newest
    finally:
        database.close()


@pytest.mark.slow
def test_a_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    schema.upgrade(database.engine)
    with database.plain.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CommandError, match="newer than this version"):
        schema.upgrade(database.engine)


@pytest.mark.slow
def test_two_processes_that_set_up_the_same_database_both_succeed(bare: Acrux) -> None:
    words = bare.command("init")
    processes = [
        subprocess.Popen(
            words,
            env=bare.process_environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert bare("upgrade") == f"Schema: {schema.newest()} is the newest.\n"


def test_revisions_are_numbers_in_one_line_without_gaps() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    found = [revision.revision for revision in script.walk_revisions()][::-1]
    assert found == [f"{number:04d}" for number in range(1, len(found) + 1)]
    names = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    assert [name.partition("_")[0] for name in names] == found
