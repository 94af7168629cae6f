"""Writers of one SQLite file commit together: one transaction, and one wait for the disk, for all.

A unit of work that has only put off what it writes brings it as an `Order`. Whoever finds no one at
it leads: it takes the turn to write, takes all orders that have come by then, and carries them out.
Each order stands or falls on its own, and none is told that it stands before it is on the disk.
Owns no connection: it is the leader's (`store.db.Work`).
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from idp.store.db.connections import Engine
from idp.store.db.statements import Change
from idp.store.db.write_turns import Busy


class NotClaimed(Exception):
    """What may happen once has happened, or may not any more: nothing of the order is kept."""


class Order:
    """What one unit writes, all of it or nothing."""

    __slots__ = ("called", "changes", "claim", "error", "leads")

    def __init__(self, changes: Sequence[Change], claim: Change | None) -> None:
        self.changes = changes
        self.claim = claim
        """What must change a row, before all else; None: nothing must."""
        self.error: Exception | None = None
        """Why nothing of it was kept; None: it is on the disk, once its unit was called."""
        self.leads = False
        self.called = threading.Lock()
        """Held until its unit is called: it was carried out, or is to lead."""
        self.called.acquire()


Take = Callable[[], list[Order]]


class Company:
    """Those threads of this process who write to one file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Order] = []
        self._led = False

    def carry_out(self, order: Order, lead: Callable[[Take], Any], seconds: float) -> None:
        """Have `order` carried out by another, or by `lead`, which does so for all that it takes.

        Raises:
            Busy: no one came to it in `seconds`.
            Exception: what came of it, and nothing of it was kept.
        """
        with self._lock:
            self._waiting.append(order)
            leads, self._led = not self._led, True
        if leads or self._is_to_lead(order, seconds):
            self._lead(order, lead)
        if order.error is not None:
            raise order.error

    def _is_to_lead(self, order: Order, seconds: float) -> bool:
        if not order.called.acquire(timeout=seconds):
            with self._lock:
                if order in self._waiting and not order.leads:
                    self._waiting.remove(order)
                    raise Busy("the writers before this one took too long")
            # Somebody is at it, or has called: what comes of it is known in a moment.
            order.called.acquire()
        return order.leads

    def _lead(self, own: Order, lead: Callable[[Take], Any]) -> None:
        taken: list[Order] = []

        def take() -> list[Order]:
            with self._lock:
                taken.extend(self._waiting)
                self._waiting.clear()
            return taken

        try:
            lead(take)
        except Exception as error:
            own.error = error
            for order in taken:
                order.error = order.error or error
        finally:
            self._hand_on(own, taken)

    def _hand_on(self, own: Order, taken: list[Order]) -> None:
        with self._lock:
            if own in self._waiting:
                # It had no turn; the others try for themselves.
                self._waiting.remove(own)
            following = self._waiting[0] if self._waiting else None
            if following is None:
                self._led = False
            else:
                following.leads = True
        for order in taken:
            if order is not own:
                order.called.release()
        if following is not None:
            following.called.release()


def write(
    orders: Sequence[Order], execute: Callable[[str], Any], change: Callable[[Change], int]
) -> None:
    """Carry out `orders` in the transaction that is open, end it, and note what came of each.

    `change` runs a statement and returns how many rows it changed.
    """
    try:
        for order in orders:
            _write(order, change)
    except Exception as error:
        execute("ROLLBACK")
        if len(orders) == 1:
            orders[0].error = error
            return
        # One of them cannot be kept, and takes no other with it.
        for order in orders:
            execute("BEGIN IMMEDIATE")
            write([order], execute, change)
        return
    try:
        execute("COMMIT")
    except Exception as error:
        # Not tried again: no one knows how much of it came to the disk.
        with suppress(sqlite3.Error):
            execute("ROLLBACK")
        for order in orders:
            order.error = error


def _write(order: Order, change: Callable[[Change], int]) -> None:
    if order.claim is not None and not _claimed(order.claim, change):
        raise NotClaimed
    for each in order.changes:
        change(each)


def _claimed(claim: Change, change: Callable[[Change], int]) -> bool:
    try:
        return change(claim) > 0
    except sqlite3.IntegrityError:
        # The row that it refers to has gone.
        return False


_companies: dict[str, Company] = {}


def of(engine: Engine) -> Company | None:
    """Return those who write together to a SQLite file; None for another database."""
    if engine.dialect.name != "sqlite":
        return None
    file = engine.url.database or ""
    return _companies.get(file) or _companies.setdefault(file, Company())
