"""The tree in tiles (C2SP tlog-tiles): 256 hashes beside each other in one piece, levels of 8.

Tile `(level, index)` holds the nodes of level `8 * level` from `256 * index` on. A tile only ever
grows at its end, so a partial one is the beginning of the full one, and every smaller tree can
still be read. To add leaves, or to prove one among ten million, takes a tile or two of each level.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from idp.evidence.tree import HASH_BYTES, joined, root

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_ENTRY_BYTES = 2**16 - 1
"""The longest entry that a bundle can hold."""
ENTRIES = -1
"""In place of a level: the bundles of entries, which stand beside the tiles of level 0."""

_INDEX = r"(?:x[0-9]{3}/)*[0-9]{3}"
_PATH = re.compile(rf"tile/(entries|[0-9]{{1,2}})/({_INDEX})(?:\.p/([1-9][0-9]{{0,2}}))?", re.ASCII)

Tiles = Callable[[int, int, int], bytes]
"""Gives a tile by its level and index, at least as many hashes wide as the third argument says."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tile, or a bundle of entries, stands."""

    level: int
    """0 to 63, or `ENTRIES`."""
    index: int
    width: int = WIDTH
    """How many hashes or entries it holds: `WIDTH`, or 1 to 255 where it is partial."""

    @property
    def path(self) -> str:
        """Return the address below the log's prefix, `tile/1/x001/x234/067.p/5`."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        digits = f"{self.index:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        index = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        return f"tile/{level}/{index}" + ("" if self.width == WIDTH else f".p/{self.width}")

    def exists_at(self, size: int) -> bool:
        """Tell whether a tree of `size` leaves has this tile, full or as narrow as this."""
        return (self.index * WIDTH + self.width) << (HEIGHT * max(self.level, 0)) <= size


def place(path: str) -> Place | None:
    """Return the place of an address, or None where no tile is ever addressed like that."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    level, index, width = found.groups()
    made = Place(
        ENTRIES if level == "entries" else int(level),
        int(re.sub(r"[x/]", "", index)),
        int(width or WIDTH),
    )
    # One tile has one address: no further zeros, no level that the standard does not have.
    fits = made.level < 64 and (width is None or made.width < WIDTH)
    return made if fits and made.path == path else None


def nodes(tiles: Tiles, size: int) -> Callable[[int, int], bytes]:
    """Return the nodes of the first `size` leaves for `evidence.tree`, each tile read once."""
    kept: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        tile = first >> HEIGHT
        if (tile_level, tile) not in kept:
            width = min(WIDTH, (size >> (HEIGHT * tile_level)) - (tile << HEIGHT))
            kept[tile_level, tile] = tiles(tile_level, tile, width)
        offset = first % WIDTH
        return _node(kept[tile_level, tile], offset, offset + (1 << height))

    return node


def _node(tile: bytes, start: int, end: int) -> bytes:
    if end * HASH_BYTES > len(tile):
        raise LookupError("a tile lacks hashes that the tree had")
    if end - start == 1:
        return tile[start * HASH_BYTES : end * HASH_BYTES]
    middle = (start + end) // 2
    return joined([_node(tile, start, middle), _node(tile, middle, end)])


@dataclass(frozen=True)
class Grown:
    """What a tree is after leaves were added."""

    size: int
    root: bytes
    tiles: Mapping[tuple[int, int], bytes]
    """The tiles that are new or longer now, by level and index."""


def grow(tiles: Tiles, size: int, hashes: Iterable[bytes]) -> Grown:
    """Add the hashes of leaves to a tree of `size` leaves: its last tiles are read, no others.

    Raises:
        LookupError: a tile is missing, or shorter than the tree.
    """
    changed: dict[tuple[int, int], bytes] = {}
    level, here, added = 0, size, list(hashes)
    total = size + len(added)
    while added:
        wholes = []
        index, used = divmod(here, WIDTH)
        tile = bytearray(_last(tiles, level, index, used))
        for one in added:
            tile += one
            if len(tile) == WIDTH * HASH_BYTES:
                changed[level, index] = bytes(tile)
                wholes.append(_node(changed[level, index], 0, WIDTH))
                index, tile = index + 1, bytearray()
        if tile:
            changed[level, index] = bytes(tile)
        level, here, added = level + 1, here >> HEIGHT, wholes

    def read(level: int, index: int, width: int) -> bytes:
        return changed.get((level, index)) or tiles(level, index, width)

    return Grown(total, root(nodes(read, total), total), changed)


def _last(tiles: Tiles, level: int, index: int, width: int) -> bytes:
    """Return the tile that grows, cut to what the tree has: more in it was never committed to."""
    if width == 0:
        return b""
    tile = tiles(level, index, width)[: width * HASH_BYTES]
    if len(tile) < width * HASH_BYTES:
        raise LookupError("a tile lacks hashes that the tree had")
    return tile


def bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries as a bundle: each after its length, two bytes.

    Raises:
        ValueError: an entry is longer than `MAX_ENTRY_BYTES`.
    """
    made = bytearray()
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise ValueError("an entry is too long for a bundle")
        made += len(entry).to_bytes(2, "big") + entry
    return bytes(made)
