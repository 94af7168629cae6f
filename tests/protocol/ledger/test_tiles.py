"""Anyone may read the sealed ledger at /evidence/ where that is on, as C2SP tlog-tiles has it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from idp.evidence import checkpoint, note, tree
from idp.evidence.tiles import ENTRIES, Place
from idp.store.db.statements import Statement
from tests.protocol.ledger.auditing import key_of, seal, write
from tests.support.site import Site


@pytest.fixture
def serving(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """An installation that serves its ledger, with more leaves than a tile holds."""
    site = Site(tmp_path, database_url, evidence__serve="true")
    write(site, *(f"t{number}" for number in range(300)))
    seal(site)
    yield site
    site.close()


def get(site: Site, path: str) -> TestResponse:
    return site.app.test_client().get(f"/evidence/{path}")


def size_of(site: Site) -> int:
    signed = note.parse(get(site, "checkpoint").data)
    key = note.parse_key(key_of(site))
    return checkpoint.opened(signed, key.name, [key])[0].size


def test_the_checkpoint_is_signed_and_asked_again_each_time(serving: Site) -> None:
    answer = get(serving, "checkpoint")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert size_of(serving) > 300
    assert "Set-Cookie" not in answer.headers


def test_tiles_and_bundles_lead_to_the_signed_root_and_are_kept_for_good(serving: Site) -> None:
    size = size_of(serving)
    entries = []
    for place in (Place(ENTRIES, 0), Place(ENTRIES, 1, size - 256)):
        answer = get(serving, place.path)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        rest = answer.data
        while rest:
            length = int.from_bytes(rest[:2], "big")
            entries.append(rest[2 : 2 + length])
            rest = rest[2 + length :]
    hashes = [tree.leaf_hash(entry) for entry in entries]
    assert len(hashes) == size
    assert get(serving, Place(0, 0).path).data == b"".join(hashes[:256])
    assert get(serving, Place(0, 0, 7).path).data == b"".join(hashes[:7])
    built = tree.Frontier()
    for one in hashes:
        built.add(one)
    signed = note.parse(get(serving, "checkpoint").data)
    key = note.parse_key(key_of(serving))
    assert checkpoint.opened(signed, key.name, [key])[0].root == built.root


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile", "tile/0/001", "tile/0/001.p/256", "tile/0/001.p/0", "tile/0/000.p/01"),
        *("tile/0/0", "tile/00/000", "tile/64/000", "tile/2/000", "tile/-1/000", "tile/0/x000/001"),
        *("tile/0/000/", "tile/0/../0/000", "tile/0/%30%30%30.p/300", "tile/entries/002"),
        *("tile/0/٠٠٠", "tile/0/000%00", "tile/data/000", "checkpoint/", "x/checkpoint"),
    ],
)
def test_an_address_that_no_tile_has_is_not_found(serving: Site, path: str) -> None:
    assert get(serving, path).status_code == 404
    assert serving.client().send("POST", "/evidence/checkpoint", {}).status in (404, 405)


def test_a_bundle_with_a_body_that_is_gone_is_gone_and_its_hashes_are_there(serving: Site) -> None:
    with serving.work() as work:
        work.run(Statement("UPDATE ledger_leaf SET body = NULL WHERE seq = 3"))
    assert get(serving, "tile/entries/000").status_code == 410
    assert get(serving, "tile/0/000").status_code == 200


def test_nothing_is_there_where_it_is_not_switched_on(site: Site) -> None:
    write(site, "t0")
    seal(site)
    for path in ("checkpoint", "tile/0/000.p/1"):
        assert get(site, path).status_code == 404
