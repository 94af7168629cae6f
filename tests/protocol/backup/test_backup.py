"""`acrux backup`: one file of one moment, whole or not there, and told from any other."""

import io
import json
import shutil
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from idp import audit, clock, crypto
from idp.audit import Event
from idp.store import people
from tests.protocol.backup.damage import DAMAGE
from tests.protocol.command import Acrux, environment
from tests.support.programs.postgres import Cluster
from tests.support.site import Site

PEOPLE = 40


@pytest.fixture
def made(small_acrux: Acrux, tmp_path: Path) -> Path:
    """A backup of an installation in which nobody is yet."""
    file = tmp_path / "made.acrux-backup"
    small_acrux("backup", str(file))
    return file


def add_people(site: Site, ready: threading.Event, end: threading.Event) -> None:
    number = 0
    while not end.is_set():
        with site.work() as work:
            person_id = people.add(
                work, username=f"p{number}", email=f"p{number}@example.org", name=""
            )
            audit.record(work, Event.PERSON_ADDED, person=person_id)
        number += 1
        if number == PEOPLE:
            ready.set()


@pytest.mark.slow
def test_a_backup_is_of_one_moment_while_others_write(site: Site, tmp_path: Path) -> None:
    acrux = Acrux(site.environ)
    ready, end = threading.Event(), threading.Event()
    writer = threading.Thread(target=add_people, args=(site, ready, end))
    writer.start()
    try:
        assert ready.wait(60)
        found = [acrux.json("backup", str(tmp_path / f"{n}.acrux-backup")) for n in range(3)]
    finally:
        end.set()
        writer.join()
    counts = [one["tables"] for one in found]
    assert PEOPLE <= counts[0]["person"] < counts[1]["person"] < counts[2]["person"]
    for number, one in enumerate(counts):
        # Each person came with an event; so did each backup before this one.
        assert one["event"] == one["person"] + number
        assert acrux.json("backup", "--check", str(tmp_path / f"{number}.acrux-backup"))["whole"]


@pytest.mark.slow
def test_the_manifest_says_what_is_needed_and_holds_no_key(acrux: Acrux, tmp_path: Path) -> None:
    file = tmp_path / "one.acrux-backup"
    said = acrux("backup", str(file))
    keyring = Path(acrux.environ["ACRUX_INSTANCE__PATH"]) / "keyring"
    assert "The keyring is not in it" in said
    assert str(keyring) in said
    assert file.stat().st_mode & 0o777 == 0o600
    key = crypto.load_keyring(keyring).key_ids[0].hex()
    with tarfile.open(file) as tar:
        first, second = tar.getmembers()
        manifest = json.loads(tar.extractfile(first).read())  # type: ignore[union-attr]
    assert first.name == "manifest.json"
    assert (
        second.name
        == {"sqlite": "database.sqlite", "postgresql": "database.dump"}[manifest["database"]]
    )
    assert manifest["keys"] == [key]
    assert (manifest["epoch"], manifest["tables"]["signing_key"]) == (0, 2)
    assert abs(manifest["made_at"] - clock.now()) < 60
    for line in keyring.read_text().split():
        assert line.encode() not in file.read_bytes()
    [event] = acrux.events(kind="operator:backup:made")
    assert event["data"]["sha256"] == manifest["sha256"]


@pytest.mark.slow
def test_in_a_folder_each_backup_has_a_name_of_its_own(small_acrux: Acrux, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    first = small_acrux.json("backup", str(folder))
    assert [str(each) for each in folder.iterdir()] == [first["file"]]


@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_nothing_is_overwritten(small_acrux: Acrux, tmp_path: Path, kind: str) -> None:
    file, other = tmp_path / "one.acrux-backup", tmp_path / "other"
    if kind == "link":
        other.write_text("kept")
    if kind == "file":
        file.write_text("kept")
    else:
        file.symlink_to(other)
    assert "nothing was overwritten" in small_acrux.refused("backup", str(file))
    assert kind == "dangling link" or file.read_text() == "kept"
    assert kind != "dangling link" or not other.exists()


@pytest.mark.slow
def test_a_disk_that_fills_up_leaves_nothing_and_says_so(
    small_acrux: Acrux, tmp_path: Path
) -> None:
    """A process that may write no more than 100 kB a file meets the same error as a full disk."""
    folder = tmp_path / "kept"
    folder.mkdir()
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        "from idp.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "backup", str(folder)],
        env=small_acrux.process_environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("acrux: there is no room for it in")
    assert done.stderr.count("\n") == 1
    assert list(folder.iterdir()) == []
    assert small_acrux.events(kind="operator:backup:made") == []


@pytest.mark.parametrize("how", DAMAGE)
def test_damage_is_found_without_restoring(small_acrux: Acrux, made: Path, how: str) -> None:
    raw = made.read_bytes()
    changed = DAMAGE[how](raw)
    assert changed != raw
    made.write_bytes(changed)
    said = small_acrux.refused("backup", "--check", str(made))
    assert any(word in said for word in ("damaged", "cut off", "longer", "no backup")), said


def rebuilt(made: Path, *members: tuple[tarfile.TarInfo, bytes]) -> None:
    """Write a tar of the members that a stranger would like to be unpacked."""
    with tarfile.open(made, "w", format=tarfile.GNU_FORMAT) as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, "path"])
def test_a_member_that_is_no_plain_file_of_its_name_is_refused(
    small_acrux: Acrux, made: Path, tmp_path: Path, kind: bytes | str
) -> None:
    with tarfile.open(made) as tar:
        first, second = tar.getmembers()
        manifest = tar.extractfile(first).read()  # type: ignore[union-attr]
    aim = tmp_path / "aim"
    if kind == "path":
        second.name = str(aim)
    else:
        second.type, second.linkname = kind, str(aim)  # type: ignore[assignment]
    rebuilt(made, (first, manifest), (second, b""))
    small_acrux.refused("backup", "--check", str(made))
    assert not aim.exists()


def test_a_backup_of_another_installation_is_told_apart(
    small_acrux: Acrux, made: Path, tmp_path: Path
) -> None:
    keyring = Path(small_acrux.environ["ACRUX_INSTANCE__PATH"]) / "keyring"
    keyring.unlink()
    assert "whose it is was not looked at" in small_acrux("backup", "--check", str(made))
    crypto.create_keyring(keyring)
    done = small_acrux.run("backup", "--check", str(made))
    assert done.exit_code == 1
    assert "bring back the keyring of its installation" in done.stderr


def test_without_a_tool_of_the_servers_version_there_is_a_clear_word(
    postgres_server: Cluster, tmp_path: Path
) -> None:
    url = postgres_server.create_database()
    acrux = Acrux(environment(tmp_path, url))
    acrux("init")
    tools = tmp_path / "tools"
    tools.mkdir()
    acrux.environ["ACRUX_DATABASE__TOOLS"] = str(tools)
    target = str(tmp_path / "one.acrux-backup")
    assert f"pg_dump is not in {tools}: install" in acrux.refused("backup", target)
    old = tools / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    assert "pg_dump is of version 9, and the server of" in acrux.refused("backup", target)
    shutil.rmtree(tools)
    assert sorted(each.name for each in tmp_path.glob(".*")) == []
    postgres_server.drop_database(url)
