"""Whether the trail is what the ledger says of it: each event that decides, and its change leaf.

The clear values stand in the event, their digest in the leaf; both were committed together.
"""

import json
from dataclasses import dataclass

from idp import clock
from idp.evidence.leaf import event_digest
from idp.ledger.keys import LedgerError
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.ledger import recorded, turns

PRUNED = "installation:events:pruned"
"""The event that tells of a deletion by retention: what it says counts when its leaf was met."""
NAMED = 5
"""Events that a message names; it counts the others."""
_SLACK = 60
"""Seconds by which a leaf may be later than its event."""


@dataclass(frozen=True)
class _Deleted:
    """What an event of retention says: `leaves` events with a leaf, none later than `until`."""

    leaves: int
    until: int


@dataclass(frozen=True)
class _Lacking:
    """A leaf without its event."""

    at: int
    what: str
    said: str


class Events:
    """The events of a database as they were when this was made; leaves are met one by one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: dict[str, str] = {}
        self._lacking: list[_Lacking] = []
        self._told: dict[str, _Deleted] = {}
        self._deleted: list[_Deleted] = []
        self.count = 0
        last = 0
        while True:
            with db.work(engine) as work:
                found = recorded.after(work, last)
            if not found:
                break
            for one in found:
                at, kind = one.values["at"], one.values["kind"]
                digest = event_digest(one.values)
                self._open[digest] = f"{one.id} ({kind}, {_moment(at)})"
                if kind == PRUNED:
                    self._told[digest] = _told(one.values["data"])
            last, self.count = found[-1].id, self.count + len(found)
        self._known = frozenset(self._open)

    def meet(self, seq: int, body: str) -> None:
        """Look at a leaf that was sealed before this was made."""
        if '"kind":"change"' not in body:
            return
        leaf = json.loads(body)
        if leaf["event"] not in self._known:
            at, what = leaf["at"], leaf["what"]
            self._lacking.append(_Lacking(at, what, f"of row {seq} ({what}, {_moment(at)})"))
        self._found(leaf["event"])

    def allow(self, body: str) -> None:
        """Look at a leaf that was sealed since this was made: its event may be of later, too."""
        if '"kind":"change"' in body:
            self._found(json.loads(body)["event"])

    def meet_unsealed(self) -> None:
        """Look at the leaves that wait to be sealed."""
        with db.work(self._engine) as work:
            for _, body in turns.unsealed(work, 1_000_000):
                self.allow(body)

    def _found(self, digest: str) -> None:
        """Note that an event has a leaf: only then it counts what it says."""
        self._open.pop(digest, None)
        if digest in self._told:
            self._deleted.append(self._told.pop(digest))

    def demand_all(self) -> None:
        """Demand that each event has a leaf, and each leaf that was met its event.

        Raises:
            LedgerError: it names the first events that are not as they were, or are gone.
        """
        changed = [f"event {said}" for said in self._open.values()]
        gone, more = self._foreign()
        made = "was changed, or made from outside: no row of the ledger has it"
        problems = (_some(changed, made), _some(gone, "is gone, or was changed"), more)
        if any(problems):
            raise LedgerError("; ".join(filter(None, problems)))

    def _foreign(self) -> tuple[list[str], str]:
        """Return the leaves whose events nobody was to delete, and what is said of all others.

        Retention says up to when it deleted events, and how many of them had leaves; not which.
        """
        until = max((one.until for one in self._deleted if one.leaves), default=-_SLACK) + _SLACK
        count = sum(one.leaves for one in self._deleted)
        over: list[_Lacking] = []
        rest: list[_Lacking] = []
        for one in self._lacking:
            (over if one.at <= until and one.what != PRUNED else rest).append(one)
        said = ""
        if len(over) > count:
            first, last = (_moment(pick(one.at for one in over)) for pick in (min, max))
            said = f"of the events from {first} to {last} that decide"
            said += f" {len(over)} are gone, and retention deleted {count} only"
        return [f"the event {one.said}" for one in rest], said


def _told(data: str | None) -> _Deleted:
    """Return what an event of retention says; nothing, where it was made from outside."""
    try:
        found = json.loads(data or "{}")
        return _Deleted(int(found["leaves"]), int(found.get("until", 0)))
    except (ValueError, KeyError, TypeError):
        return _Deleted(0, 0)


def _some(said: list[str], what: str) -> str:
    more = f" and {len(said) - NAMED} more" if len(said) > NAMED else ""
    return f"{', '.join(said[:NAMED])}{more} {what}" if said else ""


def _moment(at: int) -> str:
    return clock.iso(at)
