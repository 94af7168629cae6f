"""A transaction that had to give way to another one is done again, from its start."""

import time
from collections.abc import Callable
from typing import TypeVar

from idp.store.db import Work, trouble
from idp.store.db.schema import DATABASE_ERRORS

TIMES = 5
"""How often at most: the database chooses anew each time which of two goes on."""

PAUSE = 0.1
"""Seconds in which the other one gets what it waits for: else both are where they were."""

T = TypeVar("T")


def committed(work: Work, call: Callable[[], T]) -> T:
    """Call `call`, commit, and return what it returned; all of it again where it had to give way.

    Two that wait for each other are noticed by PostgreSQL, which ends one of them (40P01). What was
    read before is out of date then, so `call` reads whatever it decides by.

    Raises:
        DATABASE_ERRORS: another error, or it gave way `TIMES` times.
    """
    for left in reversed(range(TIMES)):
        try:
            found = call()
            work.commit()
            return found
        except DATABASE_ERRORS as error:
            if not left or not trouble.gave_way(error):
                raise
            work.rollback()
            time.sleep(PAUSE)
    raise AssertionError("unreachable")
