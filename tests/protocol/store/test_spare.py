"""Connections beside the pool: never more than it allows, and no one waits while one lies ready."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.store.db import Work, connections
from idp.store.db.statements import Statement
from tests.protocol.store.writers import MANY as WRITERS
from tests.protocol.store.writers import add, outcomes

ASK = Statement("SELECT 1")
POOL = 2
"""And twice as many more: see `connections.init_app`."""
MOST = 3 * POOL
MANY = 24


@pytest.fixture
def engine(empty_database: str) -> Iterator[sa.Engine]:
    found = connections.init_app(Flask("spare"), empty_database, POOL)
    yield found
    connections.close(found)


def test_many_more_than_there_are_connections_are_all_served(engine: sa.Engine) -> None:
    """Whoever waits in the pool is woken by the next that is put back, thousands of times."""
    start, failed, most = threading.Barrier(MANY), [], []

    def ask() -> None:
        start.wait()
        for _ in range(100):
            unit = Work(engine, 10)
            try:
                assert unit.value(ASK) == 1
                most.append(connections.in_use(engine))
            except Exception as error:
                failed.append(error)
            finally:
                unit.close()

    threads = [threading.Thread(target=ask) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []
    assert len(most) == MANY * 100
    assert max(most) <= MOST
    assert connections.in_use(engine) == 0


def test_the_one_put_back_last_is_taken_first_and_none_is_made_anew(engine: sa.Engine) -> None:
    made = []
    sa.event.listen(engine, "connect", lambda connection, _record: made.append(connection))
    for _ in range(5):
        unit = Work(engine)
        unit.value(ASK)
        unit.close()
    assert len(made) == 1


def test_none_is_left_open_when_the_engine_is_closed_or_disposed_of(engine: sa.Engine) -> None:
    made = []
    sa.event.listen(engine, "connect", lambda connection, _record: made.append(connection))
    for end in (engine.dispose, lambda: connections.close(engine)):
        first, second = Work(engine), Work(engine)
        assert first.value(ASK) == second.value(ASK) == 1
        second.close()
        end()
        first.close()
    for connection in made:
        with pytest.raises(Exception, match="closed"):
            connection.execute("SELECT 1")


def test_those_who_write_for_all_do_so_on_one_connection_whoever_reads_meanwhile(
    file: sa.Engine,
) -> None:
    """SQLite forgets what a connection has read of a file once another one has written to it."""
    wrote = set()
    file.dispose()
    sa.event.listen(
        file,
        "connect",
        lambda connection, _record: connection.set_trace_callback(
            lambda text: wrote.add(id(connection)) if text == "COMMIT" else None
        ),
    )
    reading = [Work(file) for _ in range(POOL)]
    for unit in reading:
        assert unit.value(ASK) == 1
    for unit in reading:
        unit.close()
    for number, unit in enumerate(reading):
        assert unit.value(ASK) == 1
        assert add(file, f"beside {number}")
        unit.close()
    assert outcomes(lambda number: add(file, f"of {number}")) == [True] * WRITERS
    assert len(wrote) == 1
    assert connections.in_use(file) == 0


def test_the_one_that_writes_for_all_is_closed_with_the_others(file: sa.Engine) -> None:
    made = []
    file.dispose()
    sa.event.listen(file, "connect", lambda connection, _record: made.append(connection))
    assert add(file, "first")
    connections.close(file)
    assert add(file, "second")
    assert len(made) == 2
    for connection in made:
        with pytest.raises(Exception, match="closed"):
            connection.execute("SELECT 1")


def test_the_one_that_writes_for_all_keeps_more_pages_than_those_that_read(
    file: sa.Engine,
) -> None:
    made = []
    file.dispose()
    sa.event.listen(file, "connect", lambda connection, _record: made.append(connection))
    reading, second = Work(file), Work(file)
    assert reading.value(ASK) == second.value(ASK) == 1
    second.close()
    assert add(file, "first")
    reading.close()
    pages = [connection.execute("PRAGMA cache_size").fetchone()[0] for connection in made]
    assert sorted(pages) == [-32000, -2000]
