"""The Merkle tree over the leaves of the ledger: roots, proofs and their verification.

RFC 9162 section 2.1 with SHA-256. A *node* is a whole subtree: `(level, index)` stands for the
2**level leaves that begin with leaf `index * 2**level`, and its hash never changes once they are
there. Whatever holds nodes gives them through a `Nodes`; `evidence.tiles` is one that does.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()
"""The root of a tree without leaves (RFC 9162 section 2.1.1)."""

Nodes = Callable[[int, int], bytes]
"""Gives the hash of a whole subtree by its level (0: a leaf) and its index in that level."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry of the log."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees beside each other."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def whole_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Return the nodes that leaves `start` up to `end` consist of, from the left.

    `start` is a multiple of the greatest power of two below `end - start`, as every part of a
    proof begins: so they get smaller to the right.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def joined(hashes: Sequence[bytes]) -> bytes:
    """Return the hash over whole subtrees as `whole_subtrees` lists them: `EMPTY_ROOT` for none."""
    if not hashes:
        return EMPTY_ROOT
    joint = hashes[-1]
    for left in reversed(hashes[:-1]):
        joint = node_hash(left, joint)
    return joint


def root(nodes: Nodes, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return _subtree(nodes, 0, size)


def _subtree(nodes: Nodes, start: int, end: int) -> bytes:
    return joined([nodes(level, index) for level, index in whole_subtrees(start, end)])


@dataclass
class Frontier:
    """A tree of which only its end is kept: leaves are added, and the root is known."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)
    """Of the whole subtrees that it consists of, from the left."""

    def add(self, leaf: bytes) -> None:
        """Add the hash of one more leaf."""
        level = self.size
        while level & 1:
            leaf, level = node_hash(self.hashes.pop(), leaf), level >> 1
        self.hashes.append(leaf)
        self.size += 1

    @property
    def root(self) -> bytes:
        """Return the root over all leaves."""
        return joined(self.hashes)


def frontier(nodes: Nodes, size: int) -> Frontier:
    """Return what the first `size` leaves can be continued from."""
    return Frontier(size, [nodes(level, index) for level, index in whole_subtrees(0, size)])


def inclusion(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Return the path from leaf `index` to the root of the first `size` (RFC 9162, 2.1.3.1).

    Raises:
        ValueError: a tree of that size has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("a tree proves only leaves that it has")
    beside, start, end = [], 0, size
    while end - start > 1:
        middle = start + _left_part(end - start)
        if index < middle:
            beside.append((middle, end))
            end = middle
        else:
            beside.append((start, middle))
            start = middle
    return [_subtree(nodes, *part) for part in reversed(beside)]


def consistency(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """Return the proof that a tree of `new` leaves begins with those of `old` (RFC 9162, 2.1.4.1).

    It is empty between equal sizes, and where the old tree is empty.

    Raises:
        ValueError: the old tree is the greater one.
    """
    if not 0 <= old <= new:
        raise ValueError("a tree only grows")
    if old in (0, new):
        return []
    parts, start, end = [], 0, new
    while old != end:
        middle = start + _left_part(end - start)
        if old <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start = middle
    # The old root itself is known to whoever asks.
    own = [(start, end)] if start else []
    return [_subtree(nodes, *part) for part in (*own, *reversed(parts))]


def _left_part(size: int) -> int:
    """Return the greatest power of two below `size`, which is at least 2."""
    return int(1 << ((size - 1).bit_length() - 1))


def is_included(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes
) -> bool:
    """Tell whether `path` leads from the hash of a leaf to a root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes((leaf, *path)):
        return False
    own, last, joint = index, size - 1, leaf
    for beside in path:
        if last == 0:
            return False
        if own & 1 or own == last:
            joint = node_hash(beside, joint)
            own, last = _up_to_a_right_child(own, last)
        else:
            joint = node_hash(joint, beside)
        own, last = own >> 1, last >> 1
    return last == 0 and joint == expected_root


def is_consistent(
    old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Tell whether the greater tree begins with the leaves of the smaller (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new or not _are_hashes((old_root, new_root, *path)):
        return False
    if old in (0, new):
        return not path and old_root == (new_root if old else EMPTY_ROOT)
    if not path:
        return False
    first, *rest = path if old & (old - 1) else (old_root, *path)
    own, last = _up_to_a_left_child(old - 1, new - 1)
    older = newer = first
    for beside in rest:
        if last == 0:
            return False
        if own & 1 or own == last:
            older, newer = node_hash(beside, older), node_hash(beside, newer)
            own, last = _up_to_a_right_child(own, last)
        else:
            newer = node_hash(newer, beside)
        own, last = own >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _up_to_a_right_child(own: int, last: int) -> tuple[int, int]:
    """Go up, past levels where the last node has nothing beside it."""
    while own and not own & 1:
        own, last = own >> 1, last >> 1
    return own, last


def _up_to_a_left_child(own: int, last: int) -> tuple[int, int]:
    """Go up to the greatest whole subtree that the old tree ends with."""
    while own & 1:
        own, last = own >> 1, last >> 1
    return own, last


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
