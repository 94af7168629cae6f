"""The evidence pack has what the places outside have, and both are compared."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.evidence import checkpoint
from idp.evidence.canonical import canonical
from idp.evidence.checkpoint import Checkpoint
from idp.ledger import keys
from idp.store.ledger import log
from tests.protocol.ledger.test_pack import day, packed, rotate, used
from tests.support.programs.https import Answer, Received, https_server
from tests.support.site import Site


class Keeper:
    """A place that takes checkpoints by POST and gives them by GET."""

    def __init__(self) -> None:
        self.notes: list[bytes] = []
        self.status = 200

    def __call__(self, request: Received) -> Answer:
        if request.method == "POST":
            self.notes.append(request.body)
            return Answer()
        lines = (canonical({"checkpoint": note.decode()}) + b"\n" for note in self.notes)
        return Answer(b"".join(lines), self.status)


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[tuple[Keeper, str, str]]:
    """A keeper, its address and its authority."""
    found = Keeper()
    folder = tmp_path / "keeper"
    folder.mkdir()
    with https_server({"/kept": found}, folder) as server:
        yield found, server.url("/kept?key=secret"), str(server.ca_bundle)


@pytest.fixture
def site(tmp_path: Path, database_url: str, keeper: tuple[Keeper, str, str]) -> Iterator[Site]:
    """An installation whose checkpoints go to a file, a keeper, and a mail address."""
    places = [f"file:{tmp_path / 'kept.jsonl'}", keeper[1], "mailto:audit@example.org"]
    settings = {"evidence__anchors": ",".join(places), "egress__ca_bundle": keeper[2]}
    made = Site(tmp_path, database_url, **settings)
    yield made
    made.close()


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "anchored.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def notes(folder: Path, row: dict[str, str]) -> list[str]:
    with (folder / row["copy"]).open() as file:
        return [json.loads(line)["checkpoint"] for line in file]


def signed(site: Site) -> list[str]:
    with site.work() as work:
        return [row.note for row in log.checkpoints_after(work, 0, 100)]


def verified(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "verify/acrux_verify_pack.py", "--key", "@keys.txt", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def kept(site: Site) -> None:
    """Let there be some checkpoints, each in every place."""
    used(site)
    for _ in range(2):
        site.installation.sealer.seal()
        assert site.installation.anchors.follow() == []
        rotate(site)
    site.installation.sealer.seal()
    site.installation.anchors.follow()


@pytest.mark.slow
def test_it_has_copies_of_what_can_be_read_and_says_where_to_ask_for_the_rest(
    site: Site, tmp_path: Path, keeper: tuple[Keeper, str, str]
) -> None:
    kept(site)
    folder = packed(site, tmp_path, day(), day())
    file, address, mail = table(folder)
    assert file["copy"] == "anchors/1.jsonl"
    assert address["copy"] == "anchors/2.jsonl"
    assert address["place"] == keeper[1].partition("?")[0]
    assert mail["copy"] == "not read from here: ask who keeps it"
    newest = json.loads((folder / "ledger.jsonl").read_text().splitlines()[-1])["end"]
    assert int(file["rows"]) == int(address["rows"]) == newest
    of_file, of_address = notes(folder, file), notes(folder, address)
    assert of_file == signed(site)
    assert [note.encode() for note in of_address] == keeper[0].notes
    assert len(of_address) >= 3
    status, said = verified(folder)
    assert status == 0, said
    assert f"{len(of_file) + len(of_address)} kept by others" in said


@pytest.mark.slow
def test_a_history_that_was_written_anew_is_seen_by_the_copies(
    site: Site, tmp_path: Path, keeper: tuple[Keeper, str, str]
) -> None:
    kept(site)
    this = site.installation
    with site.work() as work:
        newest = log.newest(work)
        assert newest
        signer = keys.signers(work, this.keyring, site.issuer, lambda *_: None, newest)[-1]
    # What the keeper has over as many rows is signed by the ledger's key, and another history.
    other = Checkpoint(signer.name, newest.size - 1, bytes(32))
    keeper[0].notes[-1] = str(checkpoint.sign(other, signer)).encode()
    folder = packed(site, tmp_path, day(), day())
    status, said = verified(folder)
    assert status == 1
    assert said.startswith("CHANGED (forked)")


@pytest.mark.slow
def test_a_place_that_does_not_answer_is_named_with_its_reason(
    site: Site, tmp_path: Path, keeper: tuple[Keeper, str, str]
) -> None:
    kept(site)
    keeper[0].status = 404
    (tmp_path / "kept.jsonl").unlink()
    folder = packed(site, tmp_path, day(), day())
    file, address, _ = table(folder)
    assert file["copy"] == "not read from here: No such file or directory"
    assert address["copy"] == "not read from here: it answers with status 404"
    assert not (folder / "anchors").exists()
    assert verified(folder)[0] == 0


@pytest.mark.slow
def test_what_else_stands_there_is_left_out(site: Site, tmp_path: Path) -> None:
    kept(site)
    with (tmp_path / "kept.jsonl").open("ab") as file:
        file.write(b'nothing\n{"checkpoint": 7}\n{"other": 1}\n[\n\xff\n')
        file.write(canonical({"checkpoint": "another.example/evidence\n1\nx\n"}) + b"\n")
    folder = packed(site, tmp_path, day(), day())
    assert notes(folder, {"copy": "anchors/1.jsonl"}) == signed(site)
    assert verified(folder)[0] == 0
