"""Sealing: leaves get their number, the tree grows, and its root is signed; all or nothing.

No request waits for it: leaves are read and hashed outside the transaction that numbers them. One
that is committed late is taken when it is seen, so nothing is skipped. Any number of processes may
try; one has the turn, and whoever lost it while at work writes nothing.
"""

import logging
from collections.abc import Sequence

from idp import crypto
from idp.evidence import checkpoint, note, tiles, tree
from idp.evidence.checkpoint import Checkpoint
from idp.evidence.note import NoteError, VerifierKey
from idp.ledger import keys
from idp.ledger.keys import Announce, LedgerError
from idp.store import db
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.ledger import log, turns
from idp.store.ledger.log import CheckpointRow
from idp.store.ledger.turns import Turn

BATCH = 2_000
"""Leaves of one transaction and one checkpoint: on SQLite others wait some ten milliseconds."""

_log = logging.getLogger("acrux.ledger")


class _LostError(Exception):
    """The turn is another's, or a leaf came in between: nothing is written."""


class Sealer:
    """Seals the ledger of one installation. Threads and processes may share it."""

    def __init__(
        self,
        issuer: str,
        keyring: crypto.Keyring,
        engine: Engine,
        announce: Announce,
    ) -> None:
        """`announce` records that a key was made."""
        self._issuer, self._keyring, self._engine = issuer, keyring, engine
        self._announce = announce
        self._id = crypto.random_token(16)

    def seal(self, most: int = 1_000_000) -> int:
        """Seal what waits, about `most` leaves at most; return how many were sealed.

        Raises:
            LedgerError: the tree or its key was changed; nothing was signed over that.
        """
        turn = self._turn()
        sealed = 0
        try:
            while turn is not None and sealed < most:
                count = self._batch(turn)
                if count is None:
                    turn = self._turn()
                elif count == 0:
                    break
                else:
                    sealed += count
                    turn = Turn(turn.fence, turn.size + count)
        finally:
            if turn is not None:
                with db.work(self._engine) as work:
                    turns.leave_turn(work, turn)
        return sealed

    def new_key(self, lost: Sequence[str] = ()) -> None:
        """Make a key that signs from now on, and seal with it at once.

        `lost`: verifier keys that the keyring does not open any more.

        Raises:
            LedgerError: a key does not open and is not among those, or none was lost.
        """
        with db.work(self._engine) as work:
            for said in lost:
                keys.give_up(work, self._keyring, said)
            keys.renew(work, self._keyring, self._issuer, self._announce)
        self.seal()

    def _turn(self) -> Turn | None:
        with db.work(self._engine) as work:
            if not turns.unsealed(work, 1):
                return None
            return turns.claim_turn(work, self._id)

    def _batch(self, turn: Turn) -> int | None:
        """Seal one batch; None when the turn was lost, or has to be taken again."""
        try:
            with db.work(self._engine) as work:
                return self._sealed(work, turn)
        except _LostError:
            return None
        except LedgerError:
            # What another process seals meanwhile looks like a change, to one that lost its turn.
            with db.work(self._engine) as work:
                if turns.has_turn(work, turn):
                    raise
            return None

    def _sealed(self, work: Work, turn: Turn) -> int:
        leaves = turns.unsealed(work, BATCH)
        if not leaves:
            return 0

        def read(level: int, number: int, width: int) -> bytes:
            return log.tile(work, level, number)

        newest = log.newest(work)
        signers = keys.signers(work, self._keyring, self._issuer, self._announce, newest)
        _check(newest, keys.verifiers(work, self._keyring), read, turn.size)
        grown = tiles.grow(read, turn.size, [tree.leaf_hash(body.encode()) for _, body in leaves])
        head = Checkpoint(signers[-1].name, grown.size, grown.root)
        if not turns.claim_growth(work, turn, grown.size):
            raise _LostError
        if turns.number(work, turn.size, leaves[0][0], leaves[-1][0]) != len(leaves):
            raise _LostError
        for (level, number), hashes in grown.tiles.items():
            log.put_tile(work, level, number, hashes)
        log.add_checkpoint(work, grown.size, str(checkpoint.sign(head, *signers)))
        return len(leaves)


def _check(
    newest: CheckpointRow | None, known: list[VerifierKey], read: tiles.Tiles, size: int
) -> None:
    """Sign nothing that would not go on from what was signed last.

    Raises:
        LedgerError: tiles, checkpoint or size are not those of the last seal.
    """
    if newest is None and size == 0:
        return
    try:
        if newest is None:
            raise NoteError("its last checkpoint is gone")
        parsed = note.parse(newest.note.encode())
        head, _ = checkpoint.opened(parsed, known[-1].name, known)
        if (head.size, head.root) != (size, tree.root(tiles.nodes(read, size), size)):
            raise NoteError("the tree has another root than was signed")
    except (LookupError, NoteError) as error:
        raise LedgerError(f"the ledger was changed since its last seal: {error}") from None
