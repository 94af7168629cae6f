"""Counting what was sealed, for the questions of auditors: by the worker, never by a request.

Leaves are taken in the order of the ledger. Any number of workers may try; a batch is counted by
one of them, once. What applications and strangers choose freely is not counted apart, and what the
canary got is not counted.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
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
        found = [(one, leaf) for one in leaves if (leaf := _token(one)) is not None]
        said = [(one, leaf) for one, leaf in found if not leaf["client"].startswith(MARK)]
        with db.work(self._engine) as work:
            if not counts.claim_progress(work, start, end):
                return 0
            self._add(work, said)
        return end - start

    def _add(self, work: Work, said: Iterable[tuple[Placed, Json]]) -> None:
        numbers: dict[tuple[str, tuple[str, ...]], int] = {}
        days, sign_ins = Counter[Alike](), []
        for placed, leaf in said:
            key = leaf.get("acr", ""), tuple(leaf.get("amr", ()))
            if key not in numbers:
                numbers[key] = counts.means_of(work, *key)
            days[self._alike(leaf, numbers[key])] += 1
            if "acr" in leaf and leaf["grant"] not in RENEWALS:
                sign_ins.append(_line(placed.seq, leaf, numbers[key]))
        counts.add(work, days, sign_ins)

    def _alike(self, leaf: Json, means: int) -> Alike:
        basis = leaf.get("basis") or {"requested": {}, "floor": {}}
        requested, floor = basis["requested"], basis["floor"]
        binding = next((one for one in ("essential", "acr_values") if one in requested), "")
        asked = self._levels(requested[binding]) if binding else ""
        return Alike(
            leaf["client"],
            leaf["at"] // DAY,
            leaf["grant"],
            means,
            "voluntary" if binding == "acr_values" else binding,
            asked,
            " ".join(f"{name}={floor[name]}" for name in FLOORS if name in floor),
        )

    def _levels(self, names: Iterable[str]) -> str:
        """Return the levels among what an application named: all else is one word."""
        return " ".join(sorted({name if name in self._known else _OTHER for name in names}))


def _token(placed: Placed) -> Json | None:
    """Return a leaf of tokens; None for any other, and for one whose body is gone."""
    if placed.body is None:
        return None
    leaf: Json = json.loads(placed.body)
    return leaf if leaf["kind"] == "token" else None


def _line(seq: int, leaf: Json, means: int) -> SignIn:
    who = (leaf.get("basis") or {}).get("sub")
    return SignIn(seq, leaf["at"], leaf["client"], means, who, leaf["sid"], leaf["jti"])
