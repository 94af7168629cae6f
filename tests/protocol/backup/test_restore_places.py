"""Where a restore may happen: an empty place, alone, by a whole file; and what a kill leaves."""

import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import alembic.command
import pytest

from idp.backup import archive, manifest
from idp.cli import schema
from idp.crypto import create_keyring, load_keyring
from tests.protocol.backup.damage import DAMAGE
from tests.protocol.backup.restoring import Elsewhere
from tests.protocol.command import Acrux
from tests.support.programs import warm
from tests.support.site import Site

UNFINISHED = "a restore into this database was not finished"


def database_of(acrux: Acrux) -> Path:
    return Path(acrux.environ["ACRUX_INSTANCE__PATH"]) / "acrux.db"


def names(acrux: Acrux) -> list[str]:
    return [one["username"] for one in acrux.json("user", "list")]


@pytest.fixture
def backup(small_acrux: Acrux, tmp_path: Path) -> Path:
    """A backup in which there is tane, of an installation that has mere as well."""
    file = tmp_path / "one.acrux-backup"
    small_acrux("user", "add", "tane", "--email", "tane@example.org")
    small_acrux("backup", str(file))
    small_acrux("user", "add", "mere", "--email", "mere@example.org")
    return file


@pytest.mark.slow
def test_the_present_database_is_kept_beside_when_asked_and_else_nothing_happens(
    small_acrux: Acrux, backup: Path
) -> None:
    database = database_of(small_acrux)
    said = small_acrux.refused("restore", str(backup))
    assert "holds a database: with --replace it is kept beside" in said
    assert small_acrux.json("restore", str(backup), "--replace", "--dry-run")["kept"] is None
    assert names(small_acrux) == ["mere", "tane"]
    found = small_acrux.json("restore", str(backup), "--replace")
    assert names(small_acrux) == ["tane"]
    assert database.stat().st_mode & 0o777 == 0o600
    kept = Path(found["kept"])
    assert kept.parent == database.parent
    kept.replace(database)
    assert names(small_acrux) == ["mere", "tane"], "the one before is whole"
    assert small_acrux.json("restore", str(backup), "--replace")["epoch"] == 1
    Path(small_acrux.environ["ACRUX_TEST__CLOCK"]).write_text("5")
    assert small_acrux.json("restore", str(backup), "--replace")["epoch"] == 2


@pytest.mark.slow
def test_a_database_that_is_served_is_not_replaced(small_acrux: Acrux, backup: Path) -> None:
    with closing(sqlite3.connect(database_of(small_acrux))) as server:
        server.execute("SELECT count(*) FROM person").fetchone()
        said = small_acrux.refused("restore", str(backup), "--replace")
    assert "is in use: stop the service" in said
    assert names(small_acrux) == ["mere", "tane"]


@pytest.mark.slow
@pytest.mark.parametrize("keeps", [0, 100, 5000], ids=["all", "but its head", "behind its schema"])
def test_a_present_database_that_is_damaged_is_kept_beside_with_its_log(
    small_acrux: Acrux, backup: Path, keeps: int
) -> None:
    database = database_of(small_acrux)
    raw = database.read_bytes()
    database.write_bytes(raw[:keeps] + b"?" * (len(raw) - keeps))
    log = database.with_name("acrux.db-wal")
    log.write_bytes(b"its log")
    kept = Path(small_acrux.json("restore", str(backup), "--replace")["kept"])
    assert names(small_acrux) == ["tane"]
    assert kept.read_bytes()[5000:] == b"?" * (len(raw) - 5000)
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"its log"


def test_a_log_without_its_database_is_not_taken_for_the_restored_ones(
    small_acrux: Acrux, backup: Path
) -> None:
    database = database_of(small_acrux)
    database.unlink()
    log = database.with_name("acrux.db-wal")
    log.write_bytes(b"what an earlier one had not written yet")
    assert f"{log} is there without its database" in small_acrux.refused("restore", str(backup))


@pytest.mark.slow
def test_a_database_to_which_a_link_leads_is_restored_where_it_lies(
    small_acrux: Acrux, backup: Path, tmp_path: Path
) -> None:
    """The link is to a larger disk: there the database is, and there it stays."""
    link, disk = database_of(small_acrux), tmp_path / "disk"
    disk.mkdir()
    link.rename(disk / "acrux.db")
    link.symlink_to(disk / "acrux.db")
    kept = Path(small_acrux.json("restore", str(backup), "--replace")["kept"])
    assert link.is_symlink()
    assert kept.parent == disk
    assert not kept.is_symlink()
    assert names(small_acrux) == ["tane"]
    (disk / "acrux.db").unlink()
    small_acrux("restore", str(backup))
    assert names(small_acrux) == ["tane"]


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_file_changes_nothing(small_acrux: Acrux, backup: Path, how: str) -> None:
    backup.write_bytes(DAMAGE[how](backup.read_bytes()))
    small_acrux.refused("restore", str(backup), "--replace")
    assert names(small_acrux) == ["mere", "tane"]
    folder = database_of(small_acrux).parent
    assert [each.name for each in folder.iterdir() if "part" in each.name] == []


def written_by_a_stranger(acrux: Acrux, backup: Path, **changes: Any) -> None:
    """Write the backup again, with a manifest that is whole and was signed by another keyring."""
    strange = backup.with_name("keyring")
    create_keyring(strange)
    resigned(load_keyring(strange), backup, **changes)


def resigned(keyring: Any, backup: Path, **changes: Any) -> None:
    with archive.opened(backup) as opened, backup.with_name("part").open("w+b") as part:
        archive.copy_database(opened, part)
        about = manifest.signed(replace(opened.manifest, **changes), keyring)
    with backup.open("wb") as file:
        archive.write(file, about, backup.with_name("part"))


def own_keyring(acrux: Acrux) -> Any:
    return load_keyring(database_of(acrux).with_name("keyring"))


def test_what_the_keyring_does_not_vouch_for_is_refused(small_acrux: Acrux, backup: Path) -> None:
    """Someone who can write where backups lie, and has no keyring, lets no one in by that."""
    written_by_a_stranger(small_acrux, backup)
    said = small_acrux.refused("restore", str(backup), "--replace")
    assert "was not written by the installation with this keyring" in said
    assert names(small_acrux) == ["mere", "tane"]


@pytest.mark.slow
def test_a_later_version_and_a_manifest_that_is_not_true_are_refused(
    small_acrux: Acrux, backup: Path
) -> None:
    whole = backup.read_bytes()
    for changes, words in (
        ({"revision": "9999"}, "newer than this version's"),
        ({"format": 2}, "update Acrux"),
        ({"keys": ("00000000",)}, "it needs the encryption keys 00000000"),
        ({"tables": {"person": 7}}, "not what its manifest tells of"),
        ({"database": "postgresql"}, "the backup is of postgresql"),
    ):
        backup.write_bytes(whole)
        resigned(own_keyring(small_acrux), backup, **changes)
        assert words in small_acrux.refused("restore", str(backup), "--replace")
    assert names(small_acrux) == ["mere", "tane"]


def test_without_its_keyring_nothing_is_restored(small_acrux: Acrux, backup: Path) -> None:
    database_of(small_acrux).with_name("keyring").unlink()
    assert "bring the encryption keys back" in small_acrux.refused("restore", str(backup))


@pytest.mark.slow
def test_a_backup_of_an_earlier_schema_is_brought_up(
    site: Site, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    acrux, file = Acrux(site.environ), tmp_path / "old.acrux-backup"
    site.person("tane")
    alembic.command.downgrade(schema.configuration(site.installation.engine), "0021")
    assert acrux.json("backup", str(file))["revision"] == "0021"
    place = elsewhere.place()
    place("restore", str(file))
    assert names(place) == ["tane"]
    assert place("upgrade") == f"Schema: {schema.newest()} is the newest.\n"


@pytest.mark.slow
def test_a_database_that_holds_anything_takes_no_backup(
    site: Site, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    acrux, file = Acrux(site.environ), tmp_path / "one.acrux-backup"
    site.person("tane")
    acrux("backup", str(file))
    place = elsewhere.place()
    place("restore", str(file))
    said = place.refused("restore", str(file))
    assert "holds a database" in said or "is not empty" in said
    if "postgresql" in place.environ["ACRUX_DATABASE__URL"]:
        assert "--replace is for SQLite" in place.refused("restore", str(file), "--replace")
    assert names(place) == ["tane"]


LAST = {"sqlite": "os.fsync", "postgresql": "idp.store.copies.postgresql.unmark"}
POINTS = {
    "while the file is looked through": "idp.backup.places.look_into",
    "once the rows are there": "idp.cli.schema.upgrade",
    "before anything ends": "idp.store.copies.fates.end",
    "before the commit": "idp.store.service.backups.note_restored",
    "at the last step": "",
}
KILLED = """
import os, pkgutil
from idp.cli import main
import idp.cli.database.restore
module, _, name = {point!r}.rpartition(".")
setattr(pkgutil.resolve_name(module), name, lambda *a, **k: os.kill(os.getpid(), 9))
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_whoever_is_killed_leaves_what_is_refused_or_what_is_whole_and_it_runs_again(
    site: Site, elsewhere: Elsewhere, tmp_path: Path, point: str
) -> None:
    acrux, file = Acrux(site.environ), tmp_path / "one.acrux-backup"
    site.person("tane")
    acrux("backup", str(file))
    place = elsewhere.place()
    postgres = "postgresql" in place.environ["ACRUX_DATABASE__URL"]
    name = POINTS[point] or LAST["postgresql" if postgres else "sqlite"]
    killed = warm.program(
        KILLED.format(point=name), ["restore", str(file)], place.process_environ()
    )
    assert killed.wait(60) == -9
    if postgres and "look" not in name:
        taken = ("backup", str(tmp_path / "none.acrux-backup"))
        for words in (("user", "list"), ("init",), ("upgrade",), ("serve",), taken):
            assert UNFINISHED in place.refused(*words)
    else:
        assert "the database is empty" in place.refused("user", "list")
    place("restore", str(file))
    assert names(place) == ["tane"]
    assert place.json("backup", str(tmp_path / "two.acrux-backup"))["epoch"] == 1
    folder = Path(place.environ["ACRUX_INSTANCE__PATH"])
    assert [each.name for each in folder.iterdir() if each.name.endswith(".part")] == []


def test_the_kept_file_opens_with_any_tar(small_acrux: Acrux, backup: Path, tmp_path: Path) -> None:
    subprocess.run(
        ["tar", "--extract", "--file", backup, "--one-top-level=out"], check=True, cwd=tmp_path
    )
    with closing(sqlite3.connect(tmp_path / "out/database.sqlite")) as found:
        assert found.execute("SELECT username FROM person").fetchall() == [("tane",)]
