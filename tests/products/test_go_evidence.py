"""What the ledger publishes is read by the libraries that Go's checksum database is read with."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from idp.evidence import checkpoint, tree
from idp.evidence.checkpoint import Checkpoint
from idp.evidence.note import Signer
from idp.evidence.tiles import ENTRIES, WIDTH, Place, bundle, grow, nodes
from idp.store.db.statements import Statement
from tests.protocol.ledger.auditing import key_of, seal, write
from tests.support.site import Site

pytestmark = [pytest.mark.products, pytest.mark.go_products]
LOG = Signer(checkpoint.origin("https://id.example"), bytes(range(32)))
SIZE = 2 * WIDTH + 188
CHOSEN = (0, 1, 255, 256, 511, 512, SIZE - 1)


class Published:
    """A folder as a log serves it, with the files of one size of its tree."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.entries = [b"entry %d" % number for number in range(size)]
        self.grown = grow(self._none, 0, map(tree.leaf_hash, self.entries))
        for (level, index), tile in self.grown.tiles.items():
            self._write(Place(level, index, len(tile) // tree.HASH_BYTES).path, tile)
        for start in range(0, size, WIDTH):
            held = self.entries[start : start + WIDTH]
            self._write(Place(ENTRIES, start // WIDTH, len(held)).path, bundle(held))
        head = Checkpoint(LOG.name, size, self.grown.root)
        self._write("checkpoint", str(checkpoint.sign(head, LOG)).encode())

    @staticmethod
    def _none(level: int, index: int, width: int) -> bytes:
        raise LookupError(level, index, width)

    def _write(self, path: str, content: bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def read(self, size: int) -> tree.Nodes:
        return nodes(lambda level, index, width: self.grown.tiles[level, index], size)

    def included(self, index: int, size: int) -> dict[str, Any]:
        return {
            "index": index,
            "size": size,
            "leaf": _text(tree.leaf_hash(self.entries[index])),
            "root": _text(tree.root(self.read(size), size)),
            "path": [_text(one) for one in tree.inclusion(self.read(size), index, size)],
        }

    def consistent(self, old: int, new: int) -> dict[str, Any]:
        return {
            "old": old,
            "new": new,
            "oldroot": _text(tree.root(self.read(old), old)),
            "newroot": _text(tree.root(self.read(new), new)),
            "path": [_text(one) for one in tree.consistency(self.read(new), old, new)],
        }


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def asked(programs: Path, published: Published | None, **more: Any) -> tuple[int, str]:
    """Return what the program in Go says of a published folder, and how it ended."""
    folder = str(published.folder) if published else ""
    question = {"folder": folder, "key": str(LOG.verifier), "origin": LOG.name}
    done = subprocess.run(
        [str(programs / "evidence")],
        input=json.dumps(question | more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_go_reads_checkpoint_and_tiles_and_believes_our_proofs(
    go_products: Path, tmp_path: Path
) -> None:
    published = Published(tmp_path, SIZE)
    inclusions = [published.included(index, SIZE) for index in CHOSEN]
    inclusions += [published.included(at, size) for size in (1, 2, 7, 257) for at in range(size)]
    consistencies = [published.consistent(old, SIZE) for old in (1, 3, 255, 256, 257, 512, SIZE)]
    found = asked(go_products, published, inclusions=inclusions, consistencies=consistencies)
    assert found == (0, "")


@pytest.mark.parametrize("path", ["tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/188"])
def test_go_finds_a_changed_file(go_products: Path, tmp_path: Path, path: str) -> None:
    published = Published(tmp_path, SIZE)
    content = bytearray((tmp_path / path).read_bytes())
    content[40] ^= 1
    (tmp_path / path).write_bytes(content)
    status, said = asked(go_products, published)
    assert status == 1, said


def test_go_finds_another_proof_false(go_products: Path, tmp_path: Path) -> None:
    published = Published(tmp_path, 10)
    wrong = published.included(3, 10) | {"index": 4}
    status, said = asked(go_products, published, inclusions=[wrong])
    assert (status, "calculated root" in said) == (1, True), said


def test_go_follows_the_ledger_of_an_installation_over_http(
    go_products: Path, tmp_path: Path
) -> None:
    site = Site(tmp_path, "", evidence__serve="true")
    try:
        write(site, *(f"t{number}" for number in range(300)))
        seal(site)
        key = key_of(site)
        with site.serve():
            question = {"folder": f"{site.issuer}/evidence", "key": key}
            said = asked(go_products, None, **question, origin=key.partition("+")[0])
            assert said == (0, "")
            with site.work() as work:
                work.run(Statement("UPDATE ledger_leaf SET body = '{}' WHERE seq = 270"))
            assert asked(go_products, None, **question, origin=key.partition("+")[0])[0] == 1
            with site.work() as work:
                work.run(Statement("UPDATE ledger_leaf SET body = NULL WHERE seq = 270"))
    finally:
        site.close()
