"""Connections beside the pool: never more than it allows, and no one waits while one lies ready."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.store.db import Work, connections
from idp.store.db.statements import Statement

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
