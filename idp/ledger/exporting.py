"""Exports and proofs for whoever does not trust us: docs/ledger.md, "Export"."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from idp.errors import AlteredError
from idp.evidence import leaf, tiles, tree
from idp.evidence.canonical import canonical, is_canonical
from idp.ledger.keys import LedgerError
from idp.ledger.reading import Item, Leaf, PrunedError, frontier, items, tiles_of
from idp.ledger.witnessed import Witnessed, whole
from idp.store import db
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.ledger import leaves, log
from idp.store.ledger.log import CheckpointRow

_CHANGED = "the body of this leaf is gone, or was changed"


class NotSealedError(LedgerError):
    """A leaf is there and waits to be sealed, or nothing is sealed yet."""


def export(engine: Engine, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Return the lines of the ledger from row `start` on, up to the newest checkpoint.

    Or up to row `end`, which is not among them: a checkpoint is over as many.

    Raises:
        NotSealedError: there are fewer rows than `start`, or none.
        LedgerError: the tree was changed, so that it cannot be read.
    """
    with db.work(engine) as work:
        newest = log.newest(work)
        if newest is None or not 0 <= start < newest.size:
            sealed = newest.size if newest else 0
            raise NotSealedError(f"rows from {start} on are not sealed: there are {sealed}")
        before = frontier(work, start)
        origin = newest.note.partition("\n")[0]
    yield _line(
        {
            "acrux_ledger": 1,
            "from": start,
            "frontier": [_base64(one) for one in before.hashes],
            "origin": origin,
        }
    )
    end = newest.size if end is None else end
    for item in items(engine, start, end):
        yield _written(item)
    yield _line({"end": end})


def proof(work: Work, said: str, witnessed: Witnessed | None = None) -> dict[str, Any] | None:
    """Return the proof of the leaf of a token, or of a `jti`; None where there is none.

    Raises:
        NotSealedError: it is to be sealed soon, or signed by the witnesses.
        PrunedError: its body is gone, because its time was over.
        LedgerError: its body was deleted or changed, or the tree was.
    """
    for jti in leaf.references(said):
        found = log.by_jti(work, jti)
        if found is not None:
            return _proof(work, jti, *found, witnessed or Witnessed())
    return None


def _proof(
    work: Work, jti: str, seq: int | None, body: str | None, witnessed: Witnessed
) -> dict[str, Any]:
    newest = log.newest(work)
    if seq is None or newest is None or seq >= newest.size:
        raise NotSealedError("this leaf is not sealed yet: the worker does it in a moment")
    head = witnessed.over(work, seq)
    if head is None:
        raise NotSealedError("this leaf is sealed, and its checkpoint waits for the witnesses")
    if body is None:
        raise _gone(work, jti)
    value = _value(body)
    if value is None:
        raise LedgerError(_CHANGED)
    try:
        nodes = tiles.nodes(tiles_of(work), head.size)
        path = tree.inclusion(nodes, seq, head.size)
    except LookupError as error:
        raise LedgerError(f"the ledger was changed: {error}") from None
    return {
        "acrux_proof": 1,
        "checkpoint": whole(work, head),
        "index": seq,
        "leaf": value,
        "path": [_base64(one) for one in path],
    }


def _gone(work: Work, jti: str) -> LedgerError:
    """Tell a body that retention took from one that something else did."""
    try:
        leaves.body_of(work, jti)
    except AlteredError:
        return LedgerError(_CHANGED)
    return PrunedError(jti)


def _written(item: Item) -> bytes:
    if isinstance(item, CheckpointRow):
        return _line({"checkpoint": item.note})
    return _row(item)


def _row(item: Leaf) -> bytes:
    if item.body is None:
        return _line({"hash": _base64(item.hash), "seq": item.seq})
    text = item.body
    if not is_canonical(text) or not text.startswith("{"):
        # What was made unreadable stands in the export all the same, and is found to be another.
        text = canonical({"unreadable": text[:1000]}).decode()
    # Spliced in, not read and written again: an export is of millions of them.
    return f'{{"hash":"{_base64(item.hash)}","leaf":{text},"seq":{item.seq}}}\n'.encode()


def _value(body: str) -> dict[str, Any] | None:
    value = json.loads(body) if is_canonical(body) else None
    return value if isinstance(value, dict) else None


def _line(value: dict[str, Any]) -> bytes:
    return canonical(value) + b"\n"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
