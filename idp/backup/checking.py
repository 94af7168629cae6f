"""Whether a backup is whole, and this installation's own: looked at, and nothing changed."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from idp import crypto
from idp.backup import archive, manifest
from idp.backup.archive import Opened
from idp.backup.manifest import Manifest
from idp.errors import CommandError
from idp.store.copies import contents, postgresql, sqlite


@dataclass(frozen=True)
class Checked:
    """A backup that is whole. `problems`: why it could not be restored here, in sentences."""

    manifest: Manifest
    problems: tuple[str, ...]


def check(path: Path, keyring: crypto.Keyring | None, newest: str, tools: str) -> Checked:
    """Read a backup to its end, the database in it too.

    `keyring` is None where none is at hand; `newest` is the schema that this version needs.

    Raises:
        CommandError: it is damaged.
    """
    with archive.opened(path) as backup:
        about = backup.manifest
        with unpacked(backup) as database:
            look_into(about, database, tools)
    strange = strangeness(about, keyring) if keyring is not None else ()
    return Checked(about, (*problems(about, newest), *strange))


@contextmanager
def unpacked(backup: Opened) -> Iterator[Path]:
    """Yield the database of a backup as a file of its own, for the while.

    Raises:
        CommandError: it is damaged.
    """
    place = _roomy(backup.manifest.size, backup.path)
    with tempfile.TemporaryDirectory(prefix="acrux-", dir=place) as folder:
        database = Path(folder) / backup.manifest.part
        with database.open("wb") as file:
            archive.copy_database(backup, file)
        yield database


def _roomy(size: int, path: Path) -> str | None:
    """Return a folder for a copy: the usual one where it has room, else that of the backup."""
    usual = tempfile.gettempdir()
    return usual if shutil.disk_usage(usual).free > 2 * size else str(path.parent)


def look_into(about: Manifest, database: Path, tools: str) -> None:
    """Look through the database of a backup.

    Raises:
        CommandError: it is damaged, or not what the manifest tells of.
    """
    if about.database == "postgresql":
        trouble = postgresql.problem(tools, database)
        if trouble:
            raise CommandError(f"the database in the backup cannot be read: {trouble}")
        return
    trouble = sqlite.problem(database)
    if trouble:
        raise CommandError(f"the database in the backup is damaged: {trouble}")
    compare(about, contents.of_file(f"sqlite:///{database}"))


def compare(about: Manifest, found: contents.Contents) -> None:
    """Demand that a database holds what the manifest says.

    Raises:
        CommandError: it holds something else.
    """
    same = (
        found.revision == about.revision
        and dict(found.tables) == dict(about.tables)
        and found.last_event == about.last_event
    )
    if not same:
        raise CommandError("the database in the backup is not what its manifest tells of")


def problems(about: Manifest, newest: str) -> Iterator[str]:
    """Say why this version cannot restore it."""
    if about.revision > newest:
        yield (
            f"its schema is {about.revision}, newer than this version's {newest}: update Acrux"
            f" (it was made by {about.version})"
        )


def strangeness(about: Manifest, keyring: crypto.Keyring) -> Iterator[str]:
    """Say why this keyring does not vouch for it."""
    missing = manifest.missing_keys(about, keyring)
    if missing:
        yield (
            f"it needs the encryption keys {', '.join(missing)}, and the keyring has"
            f" {', '.join(key.hex() for key in keyring.key_ids)}: bring back the keyring of its"
            " installation"
        )
    elif not manifest.vouched(about, keyring):
        yield "it was not written by the installation with this keyring, or was changed since"


@contextmanager
def trusted(path: Path, keyring: crypto.Keyring, newest: str) -> Iterator[Opened]:
    """Open a backup that may be restored here, as far as its manifest tells.

    Raises:
        CommandError: it is damaged, of a later version, or another installation's.
    """
    with archive.opened(path) as backup:
        for problem in (*strangeness(backup.manifest, keyring), *problems(backup.manifest, newest)):
            raise CommandError(f"{path} cannot be restored here: {problem}")
        yield backup
