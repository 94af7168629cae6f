"""Threads that write a small table at once, and what became of each."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa

from idp.store.db import Work, write_turns
from idp.store.db.statements import Change, Statement
from tests.security.serving.crowd import at_once

MANY = 12
TABLE = "CREATE TABLE thing (name TEXT PRIMARY KEY, times INTEGER NOT NULL DEFAULT 1)"
ADD = Statement("INSERT INTO thing (name) VALUES (:name)")
CLAIM = Statement("UPDATE thing SET times = times - 1 WHERE name = :name AND times > 0")


def names(engine: sa.Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.exec_driver_sql("SELECT name FROM thing").scalars())


def outcomes(each: Callable[[int], Any], count: int = MANY) -> list[Any]:
    """Call `each` with a number in threads that begin together; return what came or was raised."""

    def outcome(number: int) -> Any:
        try:
            return each(number)
        except Exception as error:
            return error

    return at_once([partial(outcome, number) for number in range(count)])


def add(engine: sa.Engine, *wanted: str, claim: str = "", patience: float = 10) -> bool:
    """Add rows in one unit of work, if `claim` can be claimed."""
    unit = Work(engine, patience)
    try:
        before = unit.mark()
        for name in wanted:
            unit.later(ADD, name=name)
        if claim:
            return unit.commit_if(Change(CLAIM, {"name": claim}), before)
        unit.commit()
        return True
    finally:
        unit.close()


@contextmanager
def gathering(engine: sa.Engine) -> Iterator[None]:
    """Let nobody write inside before half a second has passed: whoever came waits together."""
    turn = write_turns.of(engine)
    assert turn
    turn.acquire()
    let_go = threading.Timer(0.5, turn.release)
    let_go.start()
    yield
    let_go.join()
