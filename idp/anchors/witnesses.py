"""Witnesses sign our newest checkpoint: they saw that it goes on from their last (C2SP).

A witness keeps one history of this ledger. Shown another one it refuses, and that is evidence:
so a refusal for that reason is told apart from all others.
"""

import base64
import re

from idp.anchors.trouble import AnchorError
from idp.egress import EgressError, Fetcher
from idp.egress.answer import Fetched
from idp.evidence import note, tiles, tree
from idp.evidence.note import NoteError, VerifierKey
from idp.ledger.reading import tiles_of
from idp.settings.anchor_places import AnchorPlace
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.ledger import cosignatures, log
from idp.store.ledger.log import CheckpointRow

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")
_CONFLICT, _NO_PROOF = 409, 422
REFUSALS = {
    400: "it says (400) that the request is none: is the address that of a witness?",
    403: "it takes this ledger or its key from nobody (403): give whoever runs it the ledger's"
    " verifier key (acrux ledger key)",
    404: "it does not know this ledger (404): give whoever runs it the ledger's verifier key"
    " (acrux ledger key)",
}


class Witnesses:
    """Asks witnesses, in no transaction, and keeps what they signed. Threads may share it."""

    def __init__(self, engine: Engine, fetcher: Fetcher) -> None:
        self._engine, self._fetcher = engine, fetcher

    def cosign(self, place: AnchorPlace, known: int) -> int:
        """Have the newest checkpoint signed; return over how many rows it is.

        `known`: over how many rows we think that the last one was which it signed, 0 for none.

        Raises:
            AnchorError: it did not sign; or it has another history of this ledger.
        """
        with db.work(self._engine) as work:
            newest = log.newest(work)
        if newest is None or place.key is None:
            return 0
        said = self._ask(place, min(known, newest.size), newest)
        if said.status == _CONFLICT:
            said = self._ask(place, self._other(said, known, newest), newest)
        if said.status == 200:
            line = cosignature(place.key, newest, said.body)
            with db.work(self._engine) as work:
                cosignatures.add(work, newest.size, str(place.key), line)
            return newest.size
        if said.status in (_CONFLICT, _NO_PROOF):
            raise AnchorError(
                f"it refuses ({said.status}) the checkpoint over {newest.size} rows: that does not"
                " go on from what it signed before",
                contradicts=True,
            )
        raise AnchorError(REFUSALS.get(said.status, f"it answered with status {said.status}"))

    def _other(self, said: Fetched, known: int, newest: CheckpointRow) -> int:
        """Return over how many rows its last checkpoint is, as it says itself."""
        found = _SIZE.fullmatch(said.body)
        size = int(found[1]) if found else known
        if size == min(known, newest.size):
            raise AnchorError(
                f"it has another checkpoint over {size} rows than the database", contradicts=True
            )
        if size > newest.size:
            with db.work(self._engine) as work:
                if not log.is_signed(work, size):
                    raise AnchorError(
                        f"it has a checkpoint over {size} rows that the database has not: it was"
                        " set back, or its history was written anew",
                        contradicts=True,
                    )
            raise AnchorError("others brought it a later checkpoint meanwhile")
        return size

    def _ask(self, place: AnchorPlace, old: int, newest: CheckpointRow) -> Fetched:
        with db.work(self._engine) as work:
            try:
                nodes = tiles.nodes(tiles_of(work), newest.size)
                proof = tree.consistency(nodes, old, newest.size)
            except LookupError as error:
                raise AnchorError(f"the ledger was changed: {error}") from None
        lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof)]
        body = "".join(f"{line}\n" for line in lines) + f"\n{newest.note}"
        try:
            return self._fetcher.post(
                f"{place.to}/add-checkpoint", body.encode(), "text/plain; charset=utf-8"
            )
        except EgressError as error:
            raise AnchorError(error.reason) from None


def cosignature(key: VerifierKey, signed: CheckpointRow, body: bytes) -> str:
    """Return the line of `key` among those that a witness answered.

    Raises:
        AnchorError: there is none, or it is wrong.
    """
    text = signed.note.rpartition("\n\n")[0] + "\n"
    try:
        given = note.parse(f"{text}\n".encode() + body)
        [(_, signature)] = note.verified(given, [key])
    except NoteError as error:
        raise AnchorError(f"what it answered is not its signature: {error}") from None
    return str(note.Note("", (signature,))).removeprefix("\n")
