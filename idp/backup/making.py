"""A backup is made: the database as it is at one moment, its manifest, one file."""

from importlib import metadata
from pathlib import Path

from idp import clock, crypto
from idp.backup import archive, manifest
from idp.backup.manifest import FORMAT, Manifest
from idp.backup.whole_files import draft, put
from idp.errors import CommandError
from idp.settings.values import Settings
from idp.store.copies import contents, postgresql, sqlite
from idp.store.copies.contents import Contents
from idp.store.db import connections
from idp.store.db.schema import product

ENDING = ".acrux-backup"


def place(asked: Path, now: int) -> Path:
    """Return the file to write: `asked`, or in the folder `asked` one named by the time."""
    if not asked.is_dir():
        return asked
    return asked / f"acrux-{clock.iso(now).replace(':', '').replace('-', '')}{ENDING}"


def make(
    loaded: Settings, engine: connections.Engine, keyring: crypto.Keyring, asked: Path
) -> tuple[Path, Manifest]:
    """Write a backup of the database and return where, and what it says of itself.

    The service may run meanwhile. Nothing is left of one that was not finished.

    Raises:
        CommandError: there is no room, the name is taken, or a tool of PostgreSQL says no.
    """
    made_at = clock.now()
    target = place(asked, made_at)
    if target.exists() or target.is_symlink():
        raise CommandError(f"{target} is there already: nothing was overwritten")
    if not target.parent.is_dir():
        raise CommandError(f"the folder {target.parent} is not there")
    with draft(target) as database, draft(target) as whole:
        found = _copy(loaded, engine, database)
        about = _about(loaded, engine, keyring, found, database, made_at)
        with whole.open("r+b") as file:
            archive.write(file, about, database)
        database.unlink()
        put(whole, target)
    return target, about


def _copy(loaded: Settings, engine: connections.Engine, database: Path) -> Contents:
    if engine.dialect.name == "postgresql":
        return postgresql.dump(engine, loaded.database.tools, database)
    if loaded.database_file is None:
        raise CommandError("a database in memory has no backup")
    sqlite.copy(loaded.database_file, database)
    trouble = sqlite.problem(database)
    if trouble:
        raise CommandError(f"the database is damaged, and no backup was made of it: {trouble}")
    return contents.of_file(f"sqlite:///{database}")


def _about(
    loaded: Settings,
    engine: connections.Engine,
    keyring: crypto.Keyring,
    found: Contents,
    database: Path,
    made_at: int,
) -> Manifest:
    about = Manifest(
        format=FORMAT,
        id=crypto.random_name(16),
        version=metadata.version("acrux"),
        issuer=loaded.server.issuer,
        made_at=made_at,
        database=engine.dialect.name,
        server=product(engine),
        revision=found.revision,
        epoch=found.epoch,
        last_event=found.last_event,
        keys=found.keys or tuple(key.hex() for key in keyring.key_ids),
        tables=found.tables,
        size=database.stat().st_size,
        sha256=archive.sha256(database),
    )
    return manifest.signed(about, keyring)
