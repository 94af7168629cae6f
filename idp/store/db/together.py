"""Writers of one SQLite file commit together: one transaction, and one wait for the disk, for all.

A unit of work that has only put off what it writes brings it as an `Order`. Whoever finds no one at
it leads: it takes the turn to write, takes all orders that have come by then, and carries them out.
Each order stands or falls on its own, and none is told that it stands before it is on the disk.
Owns no connection: it is the leader's (`store.db.Work`).
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any

from idp.store.db.connections import Engine
from idp.store.db.statements import Change
from idp.store.db.write_turns import Busy


class NotClaimed(Exception):
    """What may happen once has happened, or may not any more: nothing of the order is kept."""


class Left(sqlite3.OperationalError):
    """Whoever wrote for all was ended, and told no one what came of it."""

    sqlite_errorcode = sqlite3.SQLITE_BUSY
    sqlite_errorname = ""


class Order:
    """What one unit writes, all of it or nothing."""

    __slots__ = ("called", "changes", "claim", "error", "kept", "leads", "sent")

    def __init__(self, changes: Sequence[Change], claim: Change | None) -> None:
        self.changes = changes
        self.claim = claim
        """What must change a row, before all else; None: nothing must."""
        self.kept = False
        """It is on the disk. Until then nothing that happens to others means that it is."""
        self.error: Exception | None = None
        """Why nothing of it was kept."""
        self.sent = False
        """The COMMIT that it is of was sent."""
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

    def carry_out(
        self, order: Order, lead: Callable[[Take], Any], wait: Callable[[threading.Lock], bool]
    ) -> None:
        """Have `order` carried out by another, or by `lead`, which does so for all that it takes.

        `wait` acquires a lock, for as long as the unit has patience; False: it had too little.

        Raises:
            Busy: no one came to it in time.
            Left: somebody was at it, and was ended (`Order.sent` says how far it was).
            Exception: what came of it, and nothing of it was kept.
        """
        with self._lock:
            self._waiting.append(order)
            leads, self._led = not self._led, True
        if leads or self._is_to_lead(order, wait):
            self._lead(order, lead)
        if not order.kept:
            raise order.error or Left("whoever wrote was ended")

    def _is_to_lead(self, order: Order, wait: Callable[[threading.Lock], bool]) -> bool:
        try:
            called = wait(order.called)
        except BaseException:
            # No one else would lead in its place.
            if not self._leaves(order) and order.leads:
                self._hand_on(order, [])
            raise
        if not called:
            if self._leaves(order):
                raise Busy("the writers before this one took too long")
            # Somebody is at it, or has called: what comes of it is known in a moment.
            order.called.acquire()
        return order.leads

    def _leaves(self, order: Order) -> bool:
        """Take `order` away, and return True, if no one is at it and it is not to lead."""
        with self._lock:
            leaves = order in self._waiting and not order.leads
            if leaves:
                self._waiting.remove(order)
            return leaves

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
            # A claim that was refused, too: what it met may have been undone.
            for order in (own, *taken):
                order.error = error
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
    """Carry out `orders` in the transaction that is open, commit it, and note what came of each.

    `change` runs a statement and returns how many rows it changed.

    Raises:
        Exception: nothing is kept of any of them; the transaction may still be open.
    """
    standing = _standing(orders, execute, change)
    for order in standing:
        order.sent = True
    execute("COMMIT")
    for order in standing:
        order.kept = True


def _standing(
    orders: Sequence[Order], execute: Callable[[str], Any], change: Callable[[Change], int]
) -> list[Order]:
    """Carry out `orders`, and return those that can be kept: all of them, most of the time."""
    if len(orders) == 1:
        # No other is to stand without it.
        _write(orders[0], change)
        return list(orders)
    try:
        return [order for order in orders if _claims_and_writes(order, change)]
    except Exception as error:
        # Only now each within a savepoint, for which SQLite keeps a copy of every page.
        _undo(execute, error, "ROLLBACK")
        execute("BEGIN IMMEDIATE")
    for order in orders:
        order.error = None
    return [order for order in orders if _stands(order, execute, change)]


def _claims_and_writes(order: Order, change: Callable[[Change], int]) -> bool:
    """Carry out an order. One whose claim is refused has written nothing."""
    try:
        _write(order, change)
    except NotClaimed as error:
        order.error = error
    return order.error is None


def _stands(order: Order, execute: Callable[[str], Any], change: Callable[[Change], int]) -> bool:
    """Carry out an order. One that cannot be kept is undone, and takes no other with it."""
    execute("SAVEPOINT one")
    try:
        _write(order, change)
    except Exception as error:
        order.error = error
        _undo(execute, error, "ROLLBACK TO one")
    execute("RELEASE one")
    return order.error is None


def _undo(execute: Callable[[str], Any], error: Exception, by: str) -> None:
    try:
        execute(by)
    except sqlite3.Error:
        # SQLite has undone the whole transaction by itself: of the disk, or memory, nothing is left
        # (sqlite.org/lang_transaction.html section 3).
        raise error from None


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
