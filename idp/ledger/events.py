"""Whether the trail is what the ledger says of it: each event that decides, and its change leaf.

The clear values stand in the event, their digest in the leaf; both were committed together.
"""

import json

from idp import clock
from idp.evidence.leaf import event_digest
from idp.ledger.keys import LedgerError
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.ledger import recorded, turns

NAMED = 5
"""Events that a message names; it counts the others."""


class Events:
    """The events of a database as they were when this was made; leaves are met one by one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: dict[str, str] = {}
        self._lacking: list[str] = []
        self.count = 0
        last = 0
        while True:
            with db.work(engine) as work:
                found = recorded.after(work, last)
            if not found:
                break
            for one in found:
                at, kind = one.values["at"], one.values["kind"]
                self._open[event_digest(one.values)] = f"{one.id} ({kind}, {_moment(at)})"
            last, self.count = found[-1].id, self.count + len(found)
        self._known = frozenset(self._open)

    def meet(self, seq: int, body: str) -> None:
        """Look at a leaf that was sealed before this was made."""
        if '"kind":"change"' not in body:
            return
        leaf = json.loads(body)
        if self._open.pop(leaf["event"], None) is None and leaf["event"] not in self._known:
            self._lacking.append(f"of row {seq} ({leaf['what']}, {_moment(leaf['at'])})")

    def demand_all(self) -> None:
        """Demand that each event has a leaf, and each leaf that was met its event.

        Raises:
            LedgerError: it names the first events that are not as they were, or are gone.
        """
        self._meet_unsealed()
        changed = [f"event {said}" for said in self._open.values()]
        gone = [f"the event {said}" for said in self._lacking]
        if changed or gone:
            raise LedgerError(
                "; ".join(
                    filter(
                        None,
                        (
                            _some(
                                changed,
                                "was changed, or made from outside: no row of the ledger has it",
                            ),
                            _some(gone, "is gone, or was changed"),
                        ),
                    )
                )
            )

    def _meet_unsealed(self) -> None:
        with db.work(self._engine) as work:
            for _, body in turns.unsealed(work, 1_000_000):
                if '"kind":"change"' in body:
                    self._open.pop(json.loads(body)["event"], None)


def _some(said: list[str], what: str) -> str:
    more = f" and {len(said) - NAMED} more" if len(said) > NAMED else ""
    return f"{', '.join(said[:NAMED])}{more} {what}" if said else ""


def _moment(at: int) -> str:
    return clock.iso(at)
