"""What a unit of work puts off until its commit: writes, and calls once it is durable."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from idp.store.db.statements import Change, Statement


class Mark(NamedTuple):
    """How much had been put off at a moment."""

    later: int
    at_last: int
    after: int


class PutOff:
    """Kept in the order in which it came, but for what is done at last."""

    def __init__(self) -> None:
        self._later: list[Change] = []
        self._at_last: list[tuple[str, Change]] = []
        self._after: list[Callable[[], Any]] = []

    def __bool__(self) -> bool:
        """Return True if there is something to write."""
        return bool(self._later or self._at_last)

    def later(self, statement: Statement, values: Mapping[str, Any]) -> None:
        self._later.append(Change(statement, values))

    def at_last(self, order: str, statement: Statement, values: Mapping[str, Any]) -> None:
        """Put off behind all else, and among its like by `order`."""
        self._at_last.append((order, Change(statement, values)))

    def after(self, call: Callable[[], Any]) -> None:
        self._after.append(call)

    def mark(self) -> Mark:
        return Mark(len(self._later), len(self._at_last), len(self._after))

    def up_to(self, mark: Mark) -> "PutOff":
        """Return what had been put off at `mark`."""
        found = PutOff()
        found._later = self._later[: mark.later]
        found._at_last = self._at_last[: mark.at_last]
        found._after = self._after[: mark.after]
        return found

    def take_writes(self) -> list[Change]:
        """Return what is to be written, in its order, and forget it."""
        last = sorted(self._at_last, key=lambda each: each[0])
        found = [*self._later, *(change for _, change in last)]
        self._later, self._at_last = [], []
        return found

    def take_calls(self) -> list[Callable[[], Any]]:
        """Return what is to be called after the commit, and forget it."""
        found, self._after = self._after, []
        return found

    def clear(self) -> None:
        self._later.clear()
        self._at_last.clear()
        self._after.clear()
