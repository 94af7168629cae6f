"""Closing the database while a thread still uses it: no connection is left open behind it."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from idp.store.db import Work, connections, work
from idp.store.db.statements import Statement
from tests.support.post import SOON, Desk, desk, engine, use

ONE = Statement("SELECT 1")


@pytest.fixture
def made(empty_database: str) -> Iterator[connections.Engine]:
    made = engine(empty_database)
    yield made
    connections.close(made)


@pytest.fixture
def office(empty_database: str, tmp_path: Path) -> Iterator[Desk]:
    with desk(empty_database, tmp_path) as found:
        yield found


def connection(unit: Work) -> Any:
    """Return the driver's connection that a unit of work has at the moment."""
    unit.one(ONE)
    return unit._fairy.driver_connection


def is_open(found: Any) -> bool:
    try:
        return bool(found.execute("SELECT 1").fetchone() == (1,))
    except (sqlite3.ProgrammingError, psycopg.OperationalError):
        return False


def test_a_connection_in_use_is_closed_once_it_is_given_back(made: connections.Engine) -> None:
    used, go = threading.Event(), threading.Event()
    seen: list[Any] = []

    def late() -> None:
        with work(made) as unit:
            seen.append(connection(unit))
            used.set()
            assert go.wait(SOON)
            seen.append(unit.one(ONE))

    thread = threading.Thread(target=late)
    thread.start()
    assert used.wait(SOON)
    connections.close(made)
    assert is_open(seen[0])
    go.set()
    thread.join(SOON)
    assert seen[1] == (1,), "the work of the thread was not carried out"
    assert not is_open(seen[0])


def test_a_connection_that_lies_in_the_pool_is_closed_at_once(made: connections.Engine) -> None:
    with work(made) as unit:
        found = connection(unit)
    assert is_open(found)
    connections.close(made)
    assert not is_open(found)


def test_a_connection_given_back_for_a_while_is_closed_too(made: connections.Engine) -> None:
    with work(made) as unit:
        found = connection(unit)
        connections.close(made)
        unit.release()
        assert not is_open(found)


def test_what_a_late_sender_opens_afterwards_is_closed_after_it(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    connect = Work._connect

    def noted(unit: Work) -> None:
        connect(unit)
        opened.append(unit._fairy.driver_connection)

    monkeypatch.setattr(Work, "_connect", noted)
    sending, go = threading.Event(), threading.Event()

    def slow() -> str:
        sending.set()
        assert go.wait(SOON)
        return "reference"

    use(office.post, "sms", slow)
    sent = office.send_sms()
    assert sending.wait(SOON)
    connections.close(office.engine)
    before = len(opened)
    go.set()
    assert office.post.settle(SOON)
    assert len(opened) > before, "the sender used no connection after the closing"
    assert not any(is_open(each) for each in opened)
    assert office.row(sent).state == "sent"
