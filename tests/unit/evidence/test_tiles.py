"""The tree in tiles is the tree: read by few tiles, grown at its end, addressed as C2SP says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.evidence import tree
from idp.evidence.tiles import ENTRIES, WIDTH, Place, bundle, grow, nodes, place
from tests.unit.evidence.test_tree import defined_path, defined_root, defined_subproof, leaves


class Kept:
    """Tiles as a database keeps them, counting what is read."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.size = 0
        self.root = tree.EMPTY_ROOT
        self.read = 0

    def __call__(self, level: int, index: int, width: int) -> bytes:
        self.read += 1
        tile = self.tiles[level, index]
        assert 0 < width <= len(tile) // tree.HASH_BYTES
        return tile

    def add(self, hashes: list[bytes]) -> None:
        grown = grow(self, self.size, hashes)
        self.tiles.update(grown.tiles)
        self.size, self.root = grown.size, grown.root


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=6), st.data())
def test_batches_of_any_size_make_the_tree_of_the_definition(
    batches: list[int], data: st.DataObject
) -> None:
    hashes = leaves(sum(batches))
    kept = Kept()
    for batch in batches:
        kept.add(hashes[kept.size : kept.size + batch])
        assert kept.root == defined_root(hashes[: kept.size])
    if kept.size == 0:
        return
    new = data.draw(st.integers(1, kept.size))
    old = data.draw(st.integers(1, new))
    index = data.draw(st.integers(0, new - 1))
    read = nodes(kept, new)
    assert tree.root(read, new) == defined_root(hashes[:new])
    assert tree.inclusion(read, index, new) == defined_path(index, hashes[:new])
    assert tree.consistency(read, old, new) == defined_subproof(old, hashes[:new], True)


@pytest.mark.slow
def test_a_tree_of_three_levels_is_grown_and_proved_by_a_few_tiles() -> None:
    kept = Kept()
    hashes = leaves(WIDTH * WIDTH + 300)
    kept.add(hashes)
    assert sorted({level for level, _ in kept.tiles}) == [0, 1, 2]
    kept.read = 0
    kept.add(leaves(3, "more"))
    assert kept.read <= 4
    for index in (0, 70_00, WIDTH * WIDTH, kept.size - 1):
        kept.read = 0
        path = tree.inclusion(nodes(kept, kept.size), index, kept.size)
        assert kept.read <= 5
        leaf = (hashes + leaves(3, "more"))[index]
        assert tree.is_included(leaf, index, kept.size, path, kept.root)
    kept.read = 0
    path = tree.consistency(nodes(kept, kept.size), 777, kept.size)
    assert kept.read <= 6
    assert tree.is_consistent(777, kept.size, defined_root(hashes[:777]), kept.root, path)


def test_what_a_crash_left_in_a_tile_beyond_the_tree_is_written_over() -> None:
    kept = Kept()
    kept.add(leaves(10))
    kept.tiles[0, 0] += leaves(3, "never committed")[0]
    kept.add(leaves(5, "more"))
    assert kept.root == defined_root(leaves(10) + leaves(5, "more"))


@pytest.mark.parametrize("left", [0, 5])
def test_a_tile_that_lost_hashes_is_an_error_and_not_another_tree(left: int) -> None:
    kept = Kept()
    kept.add(leaves(10))

    def short(level: int, index: int, width: int) -> bytes:
        return kept.tiles[level, index][: left * tree.HASH_BYTES]

    with pytest.raises(LookupError):
        grow(short, 10, leaves(1, "more"))
    with pytest.raises(LookupError):
        tree.root(nodes(short, 10), 10)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tile/0/000", Place(0, 0)),
        ("tile/0/x001/x234/067", Place(0, 1_234_067)),
        ("tile/2/x001/000.p/255", Place(2, 1000, 255)),
        ("tile/63/999.p/1", Place(63, 999, 1)),
        ("tile/entries/000", Place(ENTRIES, 0)),
        ("tile/entries/x039/062.p/128", Place(ENTRIES, 39_062, 128)),
    ],
)
def test_an_address_is_a_place_and_back(path: str, expected: Place) -> None:
    assert place(path) == expected
    assert expected.path == path


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000",
        "tile/64/000", "tile/-1/000", "tile/0/x000/001", "tile/0/001/002", "tile/0/x001",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p",
        "tile/entry/000", "tile/entries/000/", "tile/0/000\n", "/tile/0/000", "tile/0/٠٠٠",
        "tile/0/../000",
    ],
)  # fmt: skip
def test_no_other_address_is_a_place(path: str) -> None:
    assert place(path) is None


@given(st.integers(-1, 63), st.integers(0, 10**9), st.integers(1, 256))
def test_every_place_has_one_address(level: int, index: int, width: int) -> None:
    assert place(Place(level, index, width).path) == Place(level, index, width)


def test_a_tree_has_the_tiles_that_its_size_says() -> None:
    size = 70_000
    assert Place(0, 272).exists_at(size)
    assert Place(0, 273, 112).exists_at(size)
    assert not Place(0, 273, 113).exists_at(size)
    assert Place(1, 0).exists_at(size)
    assert Place(1, 1, 17).exists_at(size)
    assert not Place(1, 1, 18).exists_at(size)
    assert Place(2, 0, 1).exists_at(size)
    assert not Place(2, 0, 2).exists_at(size)
    assert Place(ENTRIES, 273, 112).exists_at(size)


def test_a_bundle_has_the_length_before_each_entry() -> None:
    assert bundle([b"ab", b"", b"c" * 256]) == b"\0\2ab" + b"\0\0" + b"\1\0" + b"c" * 256
    with pytest.raises(ValueError, match="too long"):
        bundle([b"x" * 65_536])
