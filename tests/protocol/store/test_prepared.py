"""A statement that PostgreSQL has prepared is asked and answered as by the cursor."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from idp.store.db import Work, connections, prepared, watched
from idp.store.db.statements import Statement
from tests.protocol.store.writers import MANY, TABLE
from tests.support.programs.postgres import Cluster

OFTEN = prepared.AFTER + 2
_NAMED = Statement("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'acrux_%'")
_ECHO = Statement(
    "SELECT :text || '', CAST(:number AS bigint), CAST(:yes AS boolean), CAST(:raw AS bytea),"
    " CAST(:none AS text), '100%', :text || '!'"
)
_ADD = Statement("INSERT INTO thing (name) VALUES (:name)")


@pytest.fixture
def engine(postgres_server: Cluster) -> Iterator[sa.Engine]:
    url = postgres_server.create_database()
    found = connections.init_app(Flask("prepared"), url, MANY)
    with found.connect() as connection:
        connection.exec_driver_sql(TABLE)
    yield found
    connections.close(found)
    postgres_server.drop_database(url)


@pytest.fixture
def unit(engine: sa.Engine) -> Iterator[Work]:
    found = Work(engine, 10)
    yield found
    found.close()


def echo(unit: Work, text: str, number: int | None) -> Any:
    return unit.one(_ECHO, text=text, number=number, yes=True, raw=b"\0\xff", none=None)


def test_values_go_and_come_alike_however_often_they_are_asked_for(unit: Work) -> None:
    for text, number in [("ü%s'\"\\", 1), ("", 2**40), ("x" * 5000, -7), ("y", None)] * OFTEN:
        found = echo(unit, text, number)
        assert (*found[:3], bytes(found[3]), *found[4:]) == (
            *(text, number, True, b"\0\xff", None, "100%", f"{text}!"),
        )
    assert unit.value(_NAMED) >= 1


def test_what_is_rare_is_not_prepared(unit: Work) -> None:
    for _ in range(prepared.AFTER):
        echo(unit, "a", 1)
    assert unit.value(_NAMED) == 0


def test_rows_without_one_and_many_are_all_told(unit: Work) -> None:
    assert [unit.run(_ADD, name=str(n)) for n in range(OFTEN)] == [1] * OFTEN
    found = Statement("SELECT name FROM thing WHERE name < :below ORDER BY name")
    for _ in range(OFTEN):
        assert unit.column(found, below="3") == ["0", "1", "2"]
        assert unit.one(found, below="") is None


def test_a_question_with_free_filters_is_planned_by_its_values_each_time(unit: Work) -> None:
    asked = Statement("SELECT name FROM thing WHERE name = :name", anew=True)
    for number in range(2 * OFTEN):
        assert unit.column(asked, name=str(number)) == []
        assert unit.select(sa.text("SELECT name FROM thing")) == []
    ours = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM thing%'"
    assert unit.value(Statement(ours)) == 0


def test_an_error_is_the_cursors_and_the_connection_goes_on(engine: sa.Engine) -> None:
    for turn in range(OFTEN):
        unit = Work(engine, 10)
        unit.run(_ADD, name=f"new {turn}")
        if turn:
            with pytest.raises(psycopg.errors.UniqueViolation):
                unit.run(_ADD, name="new 0")
        else:
            unit.commit()
        unit.close()
    last = Work(engine, 10)
    assert last.value(Statement("SELECT count(*) FROM thing")) == 1
    last.close()


def test_what_was_prepared_in_a_transaction_that_is_undone_is_prepared_again(unit: Work) -> None:
    for turn in range(3 * OFTEN):
        unit.run(_ADD, name=str(turn))
        if turn % 2:
            unit.rollback()
    unit.rollback()
    assert unit.value(Statement("SELECT count(*) FROM thing")) == 0


def test_what_a_savepoint_or_another_table_takes_away_is_prepared_again(unit: Work) -> None:
    for turn in range(3 * OFTEN):
        assert unit.run(_ADD, name=str(turn)) == 1
        assert unit.unless_taken(_ADD, name="0") == 0
        if turn == OFTEN:
            unit.run(Statement("ALTER TABLE thing RENAME TO other"))
            unit.run(Statement("ALTER TABLE other RENAME TO thing"))
        echo(unit, "a", 1)
    unit.commit()
    assert unit.value(Statement("SELECT count(*) FROM thing")) == 3 * OFTEN


def test_whoever_watches_is_told_of_a_statement_however_often_it_is_used(
    postgres_server: Cluster,
) -> None:
    url = postgres_server.create_database()
    engine = connections.init_app(Flask("watched"), url, MANY)
    told: list[str] = []

    def around(text: str) -> AbstractContextManager[None]:
        told.append(text)
        return nullcontext()

    watched.watch(engine, around)
    unit = Work(engine, 10)
    for _ in range(OFTEN):
        echo(unit, "a", 1)
    unit.close()
    assert len([text for text in told if "100%" in text]) == OFTEN
    connections.close(engine)
    postgres_server.drop_database(url)


def test_behind_a_pooler_nothing_is_prepared(postgres_server: Cluster) -> None:
    url = postgres_server.create_database()
    engine = connections.init_app(Flask("never"), url, MANY, "never")
    unit = Work(engine, 10)
    for _ in range(OFTEN):
        echo(unit, "a", 1)
    assert unit.value(_NAMED) == 0
    unit.close()
    connections.close(engine)
    postgres_server.drop_database(url)
