"""Counting what was sealed, for the questions of auditors: by the worker, never by a request.

Leaves are taken in the order of the ledger. Any number of workers may try; a batch is counted by
one of them, once. What applications and strangers choose freely is not counted apart, and what the
canary got is not counted.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.policy.assurance import EXPIRED
from idp.policy.types import Rules
from idp.store import db
from idp.store.audit import counts
from idp.store.audit.counts import DAY, Alike, SignIn
from idp.store.canaries import MARK
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.ledger import log
from idp.store.ledger.log import Placed

BATCH = 1_000
"""Leaves of one transaction: on SQLite others wait some ten milliseconds."""
FLOORS = ("client", "installation", "stage", "enrolled")
"""What may demand a level whatever is asked for, as a leaf calls it."""
RENEWALS = frozenset({"refresh_token"})
"""Grants that go on with a sign-in that was told of before."""
_OTHER = "other"
_BINDINGS = {"essential": "essential", "acr_values": "voluntary"}
"""How a level was asked for, by the name that a leaf has for it."""
_NOTHING: dict[str, dict[str, Any]] = {"requested": {}, "floor": {}}

Json = Mapping[str, Any]


class Counting:
    """The counts of one installation. Threads and processes may share it."""

    def __init__(self, engine: Engine, rules: Rules) -> None:
        self._engine = engine
        self._known = frozenset({EXPIRED, *(one.name for one in rules.levels), *rules.aliases})

    def carry_out(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Count what was sealed since; return how many leaves that were."""
        done = 0
        while not stopped():
            count = self._batch()
            done += count
            if count < BATCH:
                break
        return done

    def _batch(self) -> int:
        with db.work(self._engine) as work:
            start, newest = counts.progress(work), log.newest(work)
            end = min(start + BATCH, newest.size if newest else 0)
            if start >= end:
                return 0
            leaves = log.rows(work, start, end)
        said = self._said(leaves)
        with db.work(self._engine) as work:
            if not counts.claim_progress(work, start, end):
                return 0
            said.add(work)
        return end - start

    def _said(self, leaves: Iterable[Placed]) -> "_Said":
        """Return what the leaves come to. Of each leaf that was read nothing else is kept.

        A thousand of them at once are what Python's collector would look through again and again,
        which took longer than all else here.
        """
        said = _Said()
        for placed in leaves:
            leaf = _token(placed)
            if leaf is None or leaf["client"].startswith(MARK):
                continue
            means = said.means_of(leaf.get("acr", ""), tuple(leaf.get("amr", ())))
            said.days[self._alike(leaf, means)] += 1
            if "acr" in leaf and leaf["grant"] not in RENEWALS:
                said.sign_ins.append(_line(placed.seq, leaf, means))
        return said

    def _alike(self, leaf: Json, means: int) -> Alike:
        basis = leaf.get("basis") or _NOTHING
        requested, floor = basis["requested"], basis["floor"]
        binding = asked = ""
        if requested:
            binding = next((one for one in _BINDINGS if one in requested), "")
            asked = self._levels(requested[binding]) if binding else ""
        return Alike(
            leaf["client"],
            leaf["at"] // DAY,
            leaf["grant"],
            means,
            _BINDINGS.get(binding, ""),
            asked,
            _floors(floor) if floor else "",
        )

    def _levels(self, names: Iterable[str]) -> str:
        """Return the levels among what an application named: all else is one word."""
        return " ".join(sorted({name if name in self._known else _OTHER for name in names}))


@dataclass
class _Said:
    """What a batch of leaves comes to; `means` are places in `seen` until it is added."""

    seen: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)
    days: Counter[Alike] = field(default_factory=Counter)
    sign_ins: list[SignIn] = field(default_factory=list)

    def means_of(self, acr: str, amr: tuple[str, ...]) -> int:
        return self.seen.setdefault((acr, amr), len(self.seen))

    def add(self, work: Work) -> None:
        numbers = [counts.means_of(work, *key) for key in self.seen]
        days = {one._replace(means=numbers[one.means]): n for one, n in self.days.items()}
        sign_ins = [one._replace(means=numbers[one.means]) for one in self.sign_ins]
        counts.add(work, days, sign_ins)


def _floors(floor: Json) -> str:
    return " ".join([f"{name}={floor[name]}" for name in FLOORS if name in floor])


def _token(placed: Placed) -> Json | None:
    """Return a leaf of tokens; None for any other, and for one whose body is gone."""
    if placed.body is None:
        return None
    leaf: Json = json.loads(placed.body)
    return leaf if leaf["kind"] == "token" else None


def _line(seq: int, leaf: Json, means: int) -> SignIn:
    who = (leaf.get("basis") or {}).get("sub")
    return SignIn(seq, leaf["at"], leaf["client"], means, who, leaf["sid"], leaf["jti"])
