"""What depends on nothing else is one statement of PostgreSQL: as sure as a transaction of many."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from idp.store.db import Work, connections, one_statement
from idp.store.db.statements import Change, Statement
from tests.protocol.store.writers import ADD, CLAIM, MANY, TABLE, names, outcomes
from tests.support.programs.postgres import Cluster

APART = Statement("INSERT INTO thing (name) VALUES (:name)", apart=True)
NUMBERED = Statement("INSERT INTO thing (name) VALUES (:name)", apart=True, numbered="thing")


@pytest.fixture
def engine(postgres_server: Cluster) -> Iterator[sa.Engine]:
    url = postgres_server.create_database()
    found = connections.init_app(Flask("one"), url, MANY)
    with found.connect() as connection:
        connection.exec_driver_sql(TABLE)
        connection.exec_driver_sql("INSERT INTO thing VALUES ('code', 1)")
    yield found
    connections.close(found)
    postgres_server.drop_database(url)


def write(engine: sa.Engine, *wanted: str, claim: str = "", statement: Statement = APART) -> Any:
    """Write rows in one unit of work; return what became of them, and the statements sent."""
    unit = Work(engine, 10)
    try:
        before = unit.mark()
        for name in wanted:
            unit.later(statement, name=name)
        if claim:
            return unit.commit_if(Change(CLAIM, {"name": claim}), before), unit.statements
        unit.commit()
        return None, unit.statements
    finally:
        unit.close()


def test_rows_and_the_claim_that_they_rest_on_are_one_statement(engine: sa.Engine) -> None:
    assert write(engine, "a", "b") == (None, 1)
    assert write(engine, "c", "d", claim="code") == (True, 1)
    assert names(engine) == {"code", *"abcd"}


def test_what_may_depend_on_another_write_is_sent_by_itself(engine: sa.Engine) -> None:
    assert write(engine, "a", "b", statement=ADD) == (None, 2)
    mixed = [Change(APART, {"name": "x"}), Change(ADD, {"name": "y"})]
    assert one_statement.of(None, mixed) is None
    assert write(engine, *map(str, range(20))) == (None, 20)


def test_rows_that_are_numbered_stand_in_the_order_in_which_they_were_written(
    engine: sa.Engine,
) -> None:
    assert write(engine, "a", "b", statement=NUMBERED) == (None, 2)
    mixed = [Change(APART, {"name": "x"}), Change(NUMBERED, {"name": "y"})]
    assert one_statement.of(None, mixed) is not None


def test_one_of_those_who_claim_at_once_writes_and_the_others_keep_nothing(
    engine: sa.Engine,
) -> None:
    came = outcomes(lambda number: write(engine, f"of {number}", claim="code")[0])
    assert sorted(came) == [False] * (MANY - 1) + [True]
    assert names(engine) == {"code", f"of {came.index(True)}"}


def test_after_a_refused_claim_its_connection_works(engine: sa.Engine) -> None:
    for number in range(20):
        assert write(engine, f"of {number}", claim="nothing")[0] is False
    assert write(engine, "of the code", claim="code")[0] is True
    assert names(engine) == {"code", "of the code"}


def test_a_row_that_cannot_be_takes_the_others_with_it(engine: sa.Engine) -> None:
    with pytest.raises(psycopg.IntegrityError):
        write(engine, "a", "code", "b")
    assert write(engine, "a", "code", claim="code")[0] is False
    assert names(engine) == {"code"}
    assert write(engine, "a", claim="code")[0] is True


def test_a_connection_that_died_where_it_lay_is_written_to_by_nobody(engine: sa.Engine) -> None:
    """What is one statement cannot be sent twice: so it is looked at before the first."""
    assert outcomes(lambda number: write(engine, f"before {number}")[0]) == [None] * MANY
    with engine.connect() as connection:
        others = (
            "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        # It waits until each has ended (PostgreSQL manual, section 9.28.2).
        connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid, 10000) {others}")
        assert connection.exec_driver_sql(f"SELECT count(*) {others}").scalar() == 0
    for number in range(MANY):
        assert write(engine, f"after {number}")[0] is None
    assert len(names(engine)) == 2 * MANY + 1


def test_of_an_answer_that_never_came_nobody_says_that_nothing_was_kept(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = Work(engine, 10)
    assert unit.value(Statement("SELECT count(*) FROM thing")) == 1
    send = Work._send

    def ended_behind(work: Work, *change: Any) -> Any:
        send(work, *change)
        raise psycopg.errors.AdminShutdown("it had been carried out")

    monkeypatch.setattr(Work, "_send", ended_behind)
    unit.later(APART, name="a")
    with pytest.raises(psycopg.errors.AdminShutdown):
        unit.commit()
    monkeypatch.undo()
    assert unit.in_doubt
    unit.close()
    assert names(engine) == {"code", "a"}
