"""A file outside the database has every checkpoint: a database that was set back is seen by it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from idp.ledger import exporting
from idp.ledger.keys import LedgerError
from idp.store.db.statements import Statement
from tests.protocol.ledger.test_sealing import key_of, seal, verifier, write
from tests.support.site import Site

__all__ = ["verifier"]


@pytest.fixture
def anchor(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "anchor.jsonl"


@pytest.fixture
def kept(tmp_path: Path, database_url: str, anchor: Path) -> Iterator[Site]:
    """An installation whose checkpoints are kept in the file `anchor`."""
    anchor.parent.mkdir()
    site = Site(tmp_path, database_url, evidence__anchor=anchor)
    yield site
    site.close()


def signed(site: Site) -> list[int]:
    """Return the sizes of the database's checkpoints, smallest first."""
    with site.work() as work:
        return work.column(Statement("SELECT size FROM ledger_checkpoint ORDER BY size"))


def cut(site: Site) -> None:
    """Set the database back to its first checkpoint, as whoever can write to it would."""
    for text in (
        "DELETE FROM ledger_leaf WHERE seq >= :size",
        "DELETE FROM ledger_checkpoint WHERE size > :size",
        "UPDATE ledger_tree SET size = :size",
    ):
        with site.work() as work:
            work.run(Statement(text), size=signed(site)[0])


def test_every_checkpoint_is_kept_and_an_auditor_reads_the_file_as_it_is(
    kept: Site, anchor: Path, tmp_path: Path, verifier: ModuleType
) -> None:
    for name in ("a1", "a2"):
        write(kept, name)
        seal(kept)
    assert len(anchor.read_bytes().splitlines()) == len(signed(kept)) > 1
    file = tmp_path / "export.jsonl"
    file.write_bytes(b"".join(exporting.export(kept.installation.engine)))
    ask = [str(file)], [key_of(kept)], [str(anchor)]
    assert verifier.verdict(*ask).said["verdict"] == "ok"
    cut(kept)
    file.write_bytes(b"".join(exporting.export(kept.installation.engine)))
    assert verifier.verdict(*ask).said["kind"] == "truncated"


def test_a_database_that_was_set_back_is_seen_at_the_next_seal(kept: Site, anchor: Path) -> None:
    write(kept, "a1")
    seal(kept)
    write(kept, "a2")
    seal(kept)
    before = anchor.read_bytes()
    cut(kept)
    with pytest.raises(LedgerError, match="rows that the database has not"):
        seal(kept)
    write(kept, "b2")
    with pytest.raises(LedgerError):
        seal(kept)
    assert anchor.read_bytes() == before


def test_what_was_missed_comes_later_and_a_torn_line_is_written_again(
    kept: Site, anchor: Path
) -> None:
    write(kept, "a1")
    seal(kept)
    whole = anchor.read_bytes()
    anchor.write_bytes(whole[:-30])
    seal(kept)
    assert anchor.read_bytes() == whole
    away = anchor.parent.rename(anchor.parent.with_name("away"))
    write(kept, "a2")
    with pytest.raises(LedgerError, match="cannot be kept"):
        seal(kept)
    away.rename(anchor.parent)
    write(kept, "a3")
    seal(kept)
    assert len(anchor.read_bytes().splitlines()) == len(signed(kept))


def test_processes_side_by_side_keep_each_checkpoint_once(kept: Site, anchor: Path) -> None:
    def work(name: int) -> None:
        for number in range(5):
            write(kept, f"w{name}-{number}")
            seal(kept)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal(kept)
    lines = anchor.read_bytes().splitlines()
    assert len(lines) == len(set(lines)) == len(signed(kept))


@pytest.mark.parametrize("content", ["garbage\n", '{"checkpoint": "x"}\n', "[]\n", "\x00\n"])
def test_a_file_that_is_none_is_left_alone(kept: Site, anchor: Path, content: str) -> None:
    anchor.write_text(content)
    write(kept, "a1")
    with pytest.raises(LedgerError):
        seal(kept)
    assert anchor.read_text() == content
