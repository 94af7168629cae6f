"""Whether each token that is stored is one that the ledger tells of.

A token is met by its leaf through application, session, kind and second; both were committed
together. A leaf without its token says nothing: tokens end.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from idp import clock
from idp.ledger.keys import LedgerError
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.ledger import issued
from idp.store.ledger.issued import IssuedRow, Told, Window

SLACK = 600
"""Seconds by which leaves stand beside their place in time, where no clock was set back."""
NAMED = 5
"""Tokens that a message names; it counts the others."""
_SECOND = (0, 1)
"""By how much the row of a token may be later than its leaf."""
_KINDS = {"access_token": "access", "refresh_token": "refresh"}
_Key = tuple[str, str | None, str, int]


@dataclass
class _Open:
    """Tokens whose leaves were not met yet."""

    rows: dict[_Key, list[IssuedRow]] = field(default_factory=dict)
    met: Counter[_Key] = field(default_factory=Counter)
    """How many leaves accounted for a token here."""
    spent: Counter[_Key] = field(default_factory=Counter)
    """How many did so before: each does for one."""

    def add(self, row: IssuedRow) -> None:
        key = (row.client_id, row.sid, row.kind, row.created_at)
        self.rows.setdefault(key, []).append(row)

    def meet(self, body: str, late: Iterable[int]) -> None:
        """Take the tokens of a leaf off, which are as much later than it."""
        if '"kind":"token"' not in body:
            return
        leaf = json.loads(body)
        for name in leaf["tokens"]:
            kind = _KINDS.get(name)
            if kind is not None:
                self._take((leaf["client"], leaf.get("sid"), kind), leaf["at"], late)

    def _take(self, whose: tuple[str, str | None, str], at: int, late: Iterable[int]) -> None:
        if self.spent[(*whose, at)] > 0:
            self.spent[(*whose, at)] -= 1
            return
        for seconds in late:
            key = (*whose, at + seconds)
            if found := self.rows.get(key):
                found.pop()
                self.met[(*whose, at)] += 1
                if not found:
                    del self.rows[key]
                return

    def left(self) -> list[IssuedRow]:
        return [row for rows in self.rows.values() for row in rows]

    def pass_on(self, to: "_Open") -> None:
        """Let what is left be looked for again, without the leaves that were met."""
        for row in self.left():
            to.add(row)
            for at in (row.created_at - seconds for seconds in _SECOND):
                key = (row.client_id, row.sid, row.kind, at)
                to.spent[key] = self.met[key]


class _Search:
    """One going through all tokens."""

    def __init__(self, engine: Engine, sealed: int) -> None:
        self._engine, self._sealed = engine, sealed
        self.count = 0
        self.foreign: list[IssuedRow] = []
        self._unmet = _Open()

    def go(self) -> None:
        """Go through the tokens, window by window."""
        with db.work(self._engine) as work:
            window = issued.window(work, 0)
        while window is not None:
            opened = self._tokens(window)
            with db.work(self._engine) as work:
                start = issued.leaf_from(work, window.since - SLACK)
            self._meet(opened, start, window.until, _SECOND[:1])
            opened.pass_on(self._unmet)
            if window.until is None:
                return
            with db.work(self._engine) as work:
                window = issued.window(work, window.until)

    def lacking(self) -> list[IssuedRow]:
        """Return the tokens without leaf, after a look at all leaves wherever they stand.

        Of a leaf without body nobody knows more than its second: it accounts for one token of each
        kind. What is older than the ledger has none.
        """
        if not self._unmet.rows:
            return []
        pruned, first = self._meet(self._unmet, 0, None, _SECOND)
        allowed = Counter((kind, at) for kind in _KINDS.values() for at in pruned)
        lacking = []
        for row in sorted(self._unmet.left(), key=lambda row: (row.created_at, row.digest)):
            seconds = [row.created_at - late for late in _SECOND]
            at = next((at for at in seconds if allowed[row.kind, at]), None)
            if at is not None:
                allowed[row.kind, at] -= 1
            elif first is not None and row.created_at >= first:
                lacking.append(row)
        return lacking

    def _tokens(self, window: Window) -> _Open:
        opened = _Open()
        for table in issued.TABLES:
            after: str | None = ""
            while after is not None:
                with db.work(self._engine) as work:
                    ours, others, after = issued.page(work, table, window, after)
                self.count += len(ours)
                self.foreign += others
                for row in ours:
                    opened.add(row)
        return opened

    def _meet(
        self, opened: _Open, after: int, until: int | None, late: Iterable[int]
    ) -> tuple[list[int], int | None]:
        """Meet the leaves behind an id, until about a moment or till nothing is open.

        Return the moments of those without body, and that of the first leaf.
        """
        pruned: list[int] = []
        first: int | None = None
        while opened.rows:
            leaves = self._page(after)
            if not leaves:
                break
            first = leaves[0].at if first is None else first
            for leaf in leaves:
                if leaf.body is not None:
                    opened.meet(leaf.body, late)
                elif leaf.seq is not None:
                    pruned.append(leaf.at)
            after = leaves[-1].id
            if until is not None and leaves[-1].at > until + SLACK:
                break
        return pruned, first

    def _page(self, after: int) -> list[Told]:
        with db.work(self._engine) as work:
            return issued.leaves_after(work, after, self._sealed)


def demand(engine: Engine, sealed: int) -> int:
    """Demand that each token has its leaf; return how many tokens there are.

    `sealed`: how many leaves were found to be as they were signed. Others count by their tags.

    Raises:
        LedgerError: it names the first that no leaf tells of, or that have no tag of ours.
    """
    search = _Search(engine, sealed)
    search.go()
    lacking = _some(search.lacking(), "has no row in the ledger that tells of it")
    foreign = _some(search.foreign, "was changed, or made from outside: its tag is not ours")
    if lacking or foreign:
        raise LedgerError("; ".join(filter(None, (foreign, lacking))))
    return search.count


def _some(rows: list[IssuedRow], what: str) -> str:
    said = [_named(row) for row in rows[:NAMED]]
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return f"the token {', '.join(said)}{more} {what}" if said else ""


def _named(row: IssuedRow) -> str:
    return f"{row.digest} ({row.kind}, of {row.client_id}, {clock.iso(row.created_at)})"
