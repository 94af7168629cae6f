"""What was sealed, read back: the whole ledger in pieces for whoever exports or checks it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from idp.evidence import tiles, tree
from idp.ledger.keys import LedgerError
from idp.store import db
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.ledger import cosignatures, log
from idp.store.ledger.log import CheckpointRow, Placed

PAGE = 4 * tiles.WIDTH
"""Leaves that are read at once: of a few whole tiles."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf in its place, and the hash that it was sealed with."""

    seq: int
    body: str | None
    hash: bytes


class PrunedError(LedgerError):
    """What is asked for was in a body that is gone: its time was over."""

    def __init__(self, jti: str) -> None:
        """`jti` is that of the leaf."""
        self.jti = jti
        super().__init__(
            "the body of this row was deleted when its time was over (retention.evidence):"
            " its hash still counts in the ledger"
        )


Item = Leaf | CheckpointRow


def tiles_of(work: Work) -> tiles.Tiles:
    """Return what reads the tiles of the database."""
    return lambda level, number, _: log.tile(work, level, number)


def frontier(work: Work, size: int) -> tree.Frontier:
    """Return what the ledger was when it had `size` leaves.

    Raises:
        LedgerError: hashes of the tree are gone.
    """
    try:
        return tree.frontier(tiles.nodes(tiles_of(work), size), size)
    except LookupError as error:
        raise LedgerError(f"the ledger was changed: {error}") from None


def items(engine: Engine, start: int, size: int) -> Iterator[Item]:
    """Return the leaves from number `start` on, and each checkpoint behind its last one.

    A leaf whose row is gone is left out; the tree still has its hash. Each piece is a unit of work
    of its own, so that a long export holds no one up.

    Raises:
        LedgerError: hashes of the tree are gone.
    """
    at = start
    while at < size:
        end = min(size, (at // PAGE + 1) * PAGE)
        with db.work(engine) as work:
            rows = log.rows(work, at, end)
            below = cosignatures.lines(work, at, end)
            signed = [
                replace(row, note=row.note + "".join(below[row.size]))
                for row in log.checkpoints(work, at, end)
            ]
            hash_of = _hashes(work, at, end)
        yield from _in_order(rows, signed, hash_of)
        at = end


def _hashes(work: Work, start: int, end: int) -> Callable[[int], bytes]:
    first = start // tiles.WIDTH
    last = (end - 1) // tiles.WIDTH
    joined = b"".join(log.tile(work, 0, number) for number in range(first, last + 1))
    if len(joined) < (end - first * tiles.WIDTH) * tree.HASH_BYTES:
        raise LedgerError(f"the ledger was changed: hashes of rows up to {end - 1} are gone")

    def hash_of(seq: int) -> bytes:
        at = (seq - first * tiles.WIDTH) * tree.HASH_BYTES
        return joined[at : at + tree.HASH_BYTES]

    return hash_of


def _in_order(
    rows: list[Placed], signed: list[CheckpointRow], hash_of: Callable[[int], bytes]
) -> Iterator[Item]:
    waiting = iter(signed)
    next_one = next(waiting, None)
    for row in rows:
        while next_one is not None and next_one.size <= row.seq:
            yield next_one
            next_one = next(waiting, None)
        yield Leaf(row.seq, row.body, hash_of(row.seq))
    while next_one is not None:
        yield next_one
        next_one = next(waiting, None)
