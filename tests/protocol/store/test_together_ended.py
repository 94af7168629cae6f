"""Those who write together, where the one who writes ends, waits, or meets a fault of the disk."""

import resource
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from idp.store.db import Work, connections, trouble, write_turns
from idp.store.db.statements import Statement
from idp.store.db.together import Company, Left, Order
from tests.protocol.store.writers import ADD, MANY, add, gathering, names, outcomes


class Ends:
    """A value on which whoever writes it is ended, as by Ctrl-C."""

    def __conform__(self, _protocol: Any) -> Any:
        raise KeyboardInterrupt


def test_nobody_is_told_of_success_where_the_one_who_wrote_for_all_was_ended(
    file: sa.Engine,
) -> None:
    def write(number: int) -> Any:
        unit = Work(file, 10)
        try:
            unit.later(ADD, name=f"of {number}" if number else Ends())
            unit.commit()
            return True
        except BaseException as error:
            return error
        finally:
            unit.close()

    with gathering(file):
        came = outcomes(write)
    told = {f"of {number}" for number, one in enumerate(came) if one is True}
    assert told == names(file)
    others = [one for one in came if one is not True and not isinstance(one, KeyboardInterrupt)]
    assert all(isinstance(one, Left) and trouble.of(one) for one in others)
    assert len(others) > MANY / 2
    assert outcomes(lambda number: add(file, f"again {number}"), 4) == [True] * 4


def test_one_who_is_ended_while_waiting_leaves_the_lead_to_the_next() -> None:
    company, third = Company(), Order([], None)
    begun, goes_on = threading.Event(), threading.Event()

    def ended(lock: threading.Lock) -> bool:
        goes_on.set()
        assert lock.acquire(timeout=10)
        raise KeyboardInterrupt

    def lead(take: Any) -> None:
        for order in take():
            order.kept = True

    def busy(_take: Any) -> None:
        begun.set()
        assert goes_on.wait(10)
        raise write_turns.Busy

    def leader() -> None:
        with pytest.raises(write_turns.Busy):
            company.carry_out(Order([], None), busy, bool)

    leading = threading.Thread(target=leader)
    leading.start()
    assert begun.wait(10)
    with pytest.raises(KeyboardInterrupt):
        company.carry_out(Order([], None), lead, ended)
    leading.join(10)
    company.carry_out(third, lead, lambda lock: lock.acquire(timeout=10))
    assert third.kept


def test_a_full_disk_is_told_as_what_it_is(file: sa.Engine) -> None:
    @sa.event.listens_for(file, "connect")
    def _limit(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count = 8")

    file.dispose()
    with gathering(file):
        came = outcomes(lambda number: add(file, f"{number}" + "x" * 5000))
    assert {getattr(one, "sqlite_errorname", "") for one in came} <= {"SQLITE_FULL", ""}
    assert sum(one is True for one in came) == len(names(file)) < MANY
    assert add(file, "small")


def test_a_commit_that_met_a_fault_of_the_disk_is_in_doubt_for_all_that_it_was_of(
    file: sa.Engine,
) -> None:
    add(file, "first")
    journal = Path(f"{file.url.database}-wal").stat().st_size
    units = [Work(file, 10) for _ in range(4)]

    def write(number: int) -> None:
        units[number].later(ADD, name=f"of {number}")
        units[number].commit()

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with gathering(file):
        resource.setrlimit(resource.RLIMIT_FSIZE, (journal, limits[1]))
        try:
            came = outcomes(write, 4)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [one.sqlite_errorname for one in came] == ["SQLITE_IOERR_WRITE"] * 4
    assert [unit.in_doubt for unit in units] == [True] * 4
    for unit in units:
        unit.close()
    assert add(file, "afterwards")


def test_one_who_waits_for_a_connection_does_not_keep_those_waiting_who_have_them_all(
    file: sa.Engine,
) -> None:
    having = [Work(file, 10) for _ in range(3 * MANY)]
    for unit in having:
        unit.one(Statement("SELECT name FROM thing"))
    have_begun = threading.Event()
    threading.Timer(0.3, have_begun.set).start()

    def write(number: int) -> bool:
        if number == len(having):
            return add(file, "without a connection")
        assert have_begun.wait(10)
        having[number].later(ADD, name=f"of {number}")
        having[number].commit()
        having[number].close()
        return True

    began = time.monotonic()
    assert outcomes(write, len(having) + 1) == [True] * (len(having) + 1)
    assert time.monotonic() - began < connections.POOL
