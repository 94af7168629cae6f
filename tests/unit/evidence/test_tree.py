"""The Merkle tree is that of RFC 9162: published values, the definition written out, and lies."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.evidence import tree

ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                 "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
"""The leaves that implementations of Certificate Transparency have tested with since 2013."""
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The root over the first 0 to 8 of them."""
SIZES = st.integers(0, 600)


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root as section 2.1.1 defines it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return tree.node_hash(defined_root(leaves[:k]), defined_root(leaves[k:]))


def defined_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the proof as section 2.1.3.1 defines it."""
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if index < k:
        return [*defined_path(index, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(index - k, leaves[k:]), defined_root(leaves[:k])]


def defined_subproof(m: int, leaves: Sequence[bytes], known: bool) -> list[bytes]:
    """Return the proof as section 2.1.4.1 defines it."""
    if m == len(leaves):
        return [] if known else [defined_root(leaves)]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if m <= k:
        return [*defined_subproof(m, leaves[:k], known), defined_root(leaves[k:])]
    return [*defined_subproof(m - k, leaves[k:], False), defined_root(leaves[:k])]


def leaves(count: int, of: str = "leaf") -> list[bytes]:
    return [tree.leaf_hash(f"{of} {number}".encode()) for number in range(count)]


def nodes_of(hashes: Sequence[bytes]) -> tree.Nodes:
    def node(level: int, index: int) -> bytes:
        found = hashes[index << level : (index + 1) << level]
        assert len(found) == 1 << level, "a node is asked for that the tree does not have"
        return defined_root(found)

    return node


@pytest.mark.parametrize(("size", "expected"), list(enumerate(ROOTS)))
def test_the_roots_that_were_published_come_out(size: int, expected: str) -> None:
    hashes = [tree.leaf_hash(entry) for entry in ENTRIES[:size]]
    assert tree.root(nodes_of(hashes), size).hex() == expected


def test_a_leaf_is_no_node_and_a_node_no_leaf() -> None:
    left, right = leaves(2)
    assert tree.node_hash(left, right) != tree.leaf_hash(left + right)
    assert tree.leaf_hash(b"L123456").hex()[:16] == "395aa064aa4c29f7"
    assert tree.node_hash(b"N123", b"N456").hex()[:16] == "aa217fe888e47007"


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65])
def test_every_leaf_is_proved_as_the_definition_says_and_nowhere_else(size: int) -> None:
    hashes = leaves(size)
    top = defined_root(hashes)
    for index in range(size):
        path = tree.inclusion(nodes_of(hashes), index, size)
        assert path == defined_path(index, hashes)
        places = [at for at in range(size) if tree.is_included(hashes[index], at, size, path, top)]
        assert places == [index]


@pytest.mark.parametrize("new", [*range(1, 34), 63, 64, 65])
def test_every_earlier_tree_is_proved_as_the_definition_says(new: int) -> None:
    hashes = leaves(new)
    for old in range(1, new + 1):
        path = tree.consistency(nodes_of(hashes), old, new)
        assert path == defined_subproof(old, hashes, True)
        roots = defined_root(hashes[:old]), defined_root(hashes)
        assert tree.is_consistent(old, new, *roots, path)


@given(st.data(), st.integers(1, 300))
def test_a_changed_proof_of_a_leaf_proves_nothing(data: st.DataObject, size: int) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    path, top = defined_path(index, hashes), defined_root(hashes)
    at = data.draw(st.integers(0, len(path)))
    lies = [
        (hashes[index], index, size, [*path[:at], top, *path[at:]], top),
        (hashes[index], index, size, [*path[:at], *path[at + 1 :]], top) if path[at:] else None,
        (hashes[index], index, size + 2 ** len(path), path, top),
        (hashes[index], index, index, path, top),
        (hashes[index], -1, size, path, top),
        (tree.leaf_hash(b"another"), index, size, path, top),
        (hashes[index], index, size, path, tree.leaf_hash(b"another")),
        (hashes[index][:-1], index, size, path, top),
    ]
    assert not any(tree.is_included(*lie) for lie in lies if lie)


@given(st.data(), st.integers(2, 300))
def test_a_tree_that_does_not_begin_with_the_old_one_is_not_consistent(
    data: st.DataObject, new: int
) -> None:
    old = data.draw(st.integers(1, new - 1))
    hashes = leaves(new)
    path = defined_subproof(old, hashes, True)
    roots = defined_root(hashes[:old]), defined_root(hashes)
    changed = data.draw(st.integers(0, old - 1))
    others = [*hashes[:changed], tree.leaf_hash(b"another"), *hashes[changed + 1 :]]
    of_others = defined_subproof(old, others, True)
    assert not tree.is_consistent(old, new, roots[0], defined_root(others), of_others)
    assert not tree.is_consistent(old, new, roots[1], roots[0], path)
    assert not tree.is_consistent(old, new, *roots, path[1:])
    assert not tree.is_consistent(old, new, *roots, [])
    assert not tree.is_consistent(old, new, *roots, [*path, roots[0]])
    assert not tree.is_consistent(new, old, *roots, path)


def test_nothing_stands_before_an_empty_tree_and_equal_trees_need_no_proof() -> None:
    top = defined_root(leaves(5))
    assert tree.consistency(nodes_of(leaves(5)), 0, 5) == []
    assert tree.is_consistent(0, 5, tree.EMPTY_ROOT, top, [])
    assert not tree.is_consistent(0, 5, top, top, [])
    assert tree.is_consistent(5, 5, top, top, [])
    assert not tree.is_consistent(5, 5, top, tree.EMPTY_ROOT, [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_a_leaf_that_is_not_there_cannot_be_proved(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="only leaves that it has"):
        tree.inclusion(nodes_of(leaves(5)), index, size)


def test_a_tree_cannot_be_proved_to_shrink() -> None:
    with pytest.raises(ValueError, match="only grows"):
        tree.consistency(nodes_of(leaves(5)), 5, 4)
