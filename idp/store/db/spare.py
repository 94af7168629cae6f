"""Connections that lie ready beside the pool: taken and put back by one operation each.

The pool makes connections, bounds their number, and lets who finds none wait; to take one from it
and give it back costs as much as a question to SQLite, so that one is given back to it only when
somebody waits. What lies here counts as taken there.

One lies apart: the one that wrote last for all (`store.db.together`). SQLite lets a connection
forget what it has read of a file when another one has written to it, so the next who writes for all
goes on with that one.
"""

import threading
import weakref
from collections import deque
from typing import Any

import sqlalchemy as sa

OVERFLOW = 2
"""How many more connections there may be for each of the pool, while they are in use."""


class Spare:
    """What lies ready of one engine. Threads share it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = weakref.ref(engine)
        self._ready: deque[Any] = deque()
        self._writer: deque[Any] = deque()
        self._waiting = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._ready) + len(self._writer)

    def take(self) -> Any:
        """Return a connection of the pool, the one put back last if there is one.

        Raises:
            DATABASE_ERRORS: there is none in the pool's time, or none can be made.
        """
        found = self._pop()
        if found is not None:
            return found
        engine = self._engine()
        assert engine is not None
        with self._lock:
            self._waiting += 1
        try:
            # Once more: one that was put back just now was put here, where no one seemed to wait.
            found = self._pop() or (self.take_writer() if self._is_full() else None)
            return found or engine.raw_connection()
        finally:
            with self._lock:
                self._waiting -= 1

    def give(self, fairy: Any) -> None:
        """Put a connection back that is well, and in no transaction."""
        self._ready.append(fairy)
        # After it lies here: whoever began to wait meanwhile has looked here, or is seen now.
        if self._waiting and (one := self._pop()) is not None:
            one.close()

    @property
    def has_writer(self) -> bool:
        """Return True if the one that wrote last for all lies ready, at this moment."""
        return bool(self._writer)

    def take_writer(self) -> Any:
        """Return the connection that wrote last for all; None when it does not lie here."""
        return _popped(self._writer)

    def give_writer(self, fairy: Any) -> None:
        """Put a connection back that just wrote for all."""
        self._writer.append(fairy)
        # Whoever is having one made needs no other: it would be the next writer's.
        wanted = self._waiting and self._is_full()
        if (wanted or len(self._writer) > 1) and (one := self.take_writer()) is not None:
            self.give(one)

    def close(self) -> None:
        """Close what lies here; the connections that are in use come back to it."""
        while (one := self._pop() or self.take_writer()) is not None:
            one.invalidate()

    def _pop(self) -> Any:
        return _popped(self._ready)

    def _is_full(self) -> bool:
        """Return True if the pool can make no more connections, and has none."""
        engine = self._engine()
        assert engine is not None
        pool: Any = engine.pool
        return bool(pool.checkedout() >= at_most(pool))


def at_most(pool: Any) -> int:
    """Return how many connections a pool makes."""
    return int(pool.size()) * (1 + OVERFLOW)


def _popped(lying: deque[Any]) -> Any:
    try:
        return lying.pop()
    except IndexError:
        return None


_spares: weakref.WeakKeyDictionary[sa.Engine, Spare] = weakref.WeakKeyDictionary()


def of(engine: sa.Engine) -> Spare:
    """Return what lies ready of `engine`; emptied whenever that is disposed of."""
    found = _spares.get(engine)
    if found is None:
        found = _spares.setdefault(engine, Spare(engine))
        sa.event.listen(engine, "engine_disposed", _close)
    return found


def _close(engine: sa.Engine) -> None:
    of(engine).close()
