"""Where a restore happens: beside the database that it is to become, or in one that is empty.

On SQLite all is done in a draft that takes its name at the very end; on PostgreSQL in a database
that carries a mark until the end. Whoever is killed between leaves the old one, or one that no
server starts on.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from idp import clock
from idp.backup import archive
from idp.backup.archive import Opened
from idp.backup.checking import compare, look_into
from idp.backup.whole_files import draft, put, sync
from idp.errors import CommandError
from idp.settings.values import Settings
from idp.store.copies import contents, postgresql, sqlite
from idp.store.db import connections


@dataclass
class Ready:
    """A database that holds what the backup does, and no one serves; `settings` lead to it."""

    settings: Settings
    epoch: int
    """That of the database whose place it takes, 0 for none."""
    kept: Path | None = None
    """Where that one is then."""


def refuse(loaded: Settings, engine: connections.Engine, kind: str, replaces: bool) -> None:
    """Demand that a backup of this kind of database may go here.

    Raises:
        CommandError: it is another kind, or the place is taken.
    """
    here = engine.dialect.name
    if kind != here:
        raise CommandError(f"the backup is of {kind}, and database.url names {here}")
    if here == "postgresql":
        if replaces:
            raise CommandError(
                "--replace is for SQLite: with PostgreSQL make a new, empty database and name it in"
                " database.url"
            )
        if not postgresql.is_marked(engine) and contents.tables(engine):
            raise CommandError(
                "the database is not empty: make a new one and name it in database.url; the present"
                " one stays as it is"
            )
        return
    _refuse_file(_file_of(loaded), replaces)


def _file_of(loaded: Settings) -> Path:
    """Return the database's file, where a link leads to it: SQLite keeps its log there.

    Raises:
        CommandError: it is in memory.
    """
    if loaded.database_file is None:
        raise CommandError("a database in memory cannot be restored")
    return loaded.database_file.resolve()


def _refuse_file(file: Path, replaces: bool) -> None:
    if not file.parent.is_dir():
        raise CommandError(f"the folder {file.parent} is not there")
    if not file.exists():
        for each in sqlite.beside(file):
            raise CommandError(f"{each} is there without its database: move it away first")
    elif sqlite.holds_tables(file) and not replaces:
        raise CommandError(
            f"{file} holds a database: with --replace it is kept beside, under another name"
        )


@contextmanager
def ready(loaded: Settings, engine: connections.Engine, backup: Opened) -> Iterator[Ready]:
    """Yield a database with what the backup holds; after the block it is the installation's.

    The caller has asked `refuse`, and closes its connections.

    Raises:
        CommandError: the backup is damaged, or the place is in use.
    """
    if engine.dialect.name == "postgresql":
        with _in_empty(loaded, engine, backup) as found:
            yield found
    else:
        with _in_draft(loaded, backup) as found:
            yield found


@contextmanager
def _in_draft(loaded: Settings, backup: Opened) -> Iterator[Ready]:
    file = _file_of(loaded)
    with ExitStack() as stack:
        database = stack.enter_context(draft(file))
        with database.open("wb") as target:
            archive.copy_database(backup, target)
        look_into(backup.manifest, database, loaded.database.tools)
        kept, epoch = None, 0
        if file.exists():
            old = stack.enter_context(sqlite.alone(file))
            if old is None:
                kept = _name_of_old(file)
            elif sqlite.has_tables(old):
                kept, epoch = _name_of_old(file), sqlite.epoch(old)
        settings = replace(loaded, database=replace(loaded.database, url=f"sqlite:///{database}"))
        yield Ready(settings, epoch, kept)
        sqlite.fold(database)
        trouble = sqlite.problem(database)
        if trouble:
            raise CommandError(f"the restored database is damaged: {trouble}")
        _take_place(database, file, kept)


def _name_of_old(file: Path) -> Path:
    stamp = clock.iso(clock.now()).replace("-", "").replace(":", "")
    return file.with_name(f"{file.name}.before-{stamp}")


def _take_place(database: Path, file: Path, kept: Path | None) -> None:
    """Let the new database be there, and the old one under its other name; at no time is none."""
    if not file.exists():
        put(database, file)
        return
    sync(database)
    if kept is not None:
        try:
            os.link(file, kept)
        except FileExistsError:
            raise CommandError(f"{kept} is there already: nothing was restored") from None
        # Only where it is damaged is anything left beside it, which is no part of the new one.
        for each in sqlite.beside(file):
            each.rename(kept.with_name(each.name.replace(file.name, kept.name, 1)))
        sync(file.parent)
    os.replace(database, file)
    sync(file.parent)


@contextmanager
def _in_empty(loaded: Settings, engine: connections.Engine, backup: Opened) -> Iterator[Ready]:
    about = backup.manifest
    with (
        postgresql.alone(engine),
        tempfile.NamedTemporaryFile(prefix="acrux-", dir=loaded.instance_path) as copy,
    ):
        archive.copy_database(backup, copy)  # type: ignore[arg-type]
        copy.flush()
        look_into(about, Path(copy.name), loaded.database.tools)
        postgresql.mark(engine)
        postgresql.load(engine, loaded.database.tools, Path(copy.name))
        compare(about, contents.of_file(engine.url))
        yield Ready(loaded, 0)
