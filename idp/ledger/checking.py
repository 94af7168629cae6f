"""Whether the ledger in the database is what was signed: for the operator, who trusts the keyring.

An auditor uses an export and one of the programs in tools/verify/ instead.
"""

from dataclasses import dataclass

from idp import crypto
from idp.evidence import checkpoint, note, tree
from idp.evidence.note import NoteError, VerifierKey
from idp.ledger import issued, keys
from idp.ledger.events import Events
from idp.ledger.keys import LedgerError
from idp.ledger.reading import Leaf, items
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.ledger import bodies, log, turns
from idp.store.ledger.log import CheckpointRow


@dataclass(frozen=True)
class Checked:
    """A ledger that is as it was signed."""

    rows: int
    pruned: int
    checkpoints: int
    unsealed: int
    events: int
    """Those that decide: each is as its leaf says."""
    tokens: int
    """Those that are stored: each has its leaf."""


def check(engine: Engine, keyring: crypto.Keyring) -> Checked:
    """Go through the whole ledger.

    Raises:
        LedgerError: it is not what was signed; the line names the first row or range.
    """
    with db.work(engine) as work:
        newest = log.newest(work)
        known = keys.verifiers(work, keyring)
        waiting = turns.waiting(work).count
    events = Events(engine)
    built, pruned, signed, right, looked_at = tree.Frontier(), 0, 0, 0, 0
    for item in items(engine, 0, newest.size if newest else 0):
        if isinstance(item, CheckpointRow):
            _demand_rows(built.size, item.size)
            _demand_signed(item, known, built, right)
            if pruned > looked_at:
                _demand_ours(engine, right, item.size)
                looked_at = pruned
            signed, right = signed + 1, item.size
            continue
        _demand_rows(built.size, item.seq)
        if item.body is None:
            pruned += 1
        elif tree.leaf_hash(item.body.encode()) != item.hash:
            raise LedgerError(f"row {item.seq} was edited: its body is not what was sealed")
        else:
            events.meet(item.seq, item.body)
        built.add(item.hash)
    events.meet_unsealed()
    _allow_later(engine, events, built.size)
    events.demand_all()
    tokens = issued.demand(engine, built.size)
    return Checked(built.size, pruned, signed, waiting, events.count, tokens)


def _demand_ours(engine: Engine, start: int, end: int) -> None:
    """Demand that no body is gone but those that retention took."""
    with db.work(engine) as work:
        found = bodies.emptied_by_others(work, start, end)
    if found:
        raise LedgerError(f"row {found[0]} has no body, and it was not retention that took it")


def _allow_later(engine: Engine, events: Events, size: int) -> None:
    """Look at what was sealed meanwhile: when the events were read it may have been unsealed."""
    with db.work(engine) as work:
        newest = log.newest(work)
    for item in items(engine, size, newest.size if newest else 0):
        if isinstance(item, Leaf) and item.body is not None:
            events.allow(item.body)


def _demand_rows(found: int, expected: int) -> None:
    if found < expected:
        last = f" to {expected - 1}" if expected - found > 1 else ""
        raise LedgerError(f"row {found}{last} was deleted")


def _demand_signed(
    row: CheckpointRow, known: list[VerifierKey], built: tree.Frontier, right: int
) -> None:
    try:
        head, _ = checkpoint.opened(note.parse(row.note.encode()), known[-1].name, known)
    except (NoteError, IndexError) as error:
        raise LedgerError(f"the checkpoint over {row.size} rows is not ours: {error}") from None
    if (head.size, head.root) != (row.size, built.root):
        raise LedgerError(f"rows {right} to {row.size - 1} are not those that were signed")
