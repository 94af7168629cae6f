"""Writers of one SQLite file commit together: fewer waits for the disk, each on its own terms."""

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.store.db import Work, connections, write_turns
from idp.store.db.statements import Change, Statement
from tests.support.site import Site

MANY = 12
TABLE = "CREATE TABLE thing (name TEXT PRIMARY KEY, times INTEGER NOT NULL DEFAULT 1)"
ADD = Statement("INSERT INTO thing (name) VALUES (:name)")
CLAIM = Statement("UPDATE thing SET times = times - 1 WHERE name = :name AND times > 0")


@pytest.fixture
def engine(empty_database: str) -> Iterator[sa.Engine]:
    found = connections.init_app(Flask("together"), empty_database, MANY)
    with found.connect() as connection:
        connection.exec_driver_sql(TABLE)
    yield found
    connections.close(found)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sa.Engine]:
    found = connections.init_app(Flask("together"), f"sqlite:///{tmp_path / 'a.db'}", MANY)
    with found.connect() as connection:
        connection.exec_driver_sql(TABLE)
    yield found
    connections.close(found)


def names(engine: sa.Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.exec_driver_sql("SELECT name FROM thing").scalars())


def at_once(each: Callable[[int], Any], count: int = MANY) -> list[Any]:
    """Call `each` in threads that begin together; return what it returned or raised."""
    start, came = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        start.wait()
        try:
            came[number] = each(number)
        except Exception as error:
            came[number] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return came


def add(engine: sa.Engine, *wanted: str, claim: str = "") -> bool:
    """Add rows in one unit of work, if `claim` can be claimed."""
    unit = Work(engine, 10)
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


def test_whoever_waits_is_written_by_the_next_who_has_the_turn(file: sa.Engine) -> None:
    """Twelve units that came while one wrote are two transactions at most, not twelve."""
    commits = []

    @sa.event.listens_for(file, "connect")
    def _count(connection: Any, _record: Any) -> None:
        connection.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else 0)

    file.pool.dispose()
    turn = write_turns.of(file)
    assert turn
    turn.acquire()
    let_go = threading.Timer(0.5, turn.release)
    let_go.start()
    assert at_once(lambda number: add(file, f"of {number}")) == [True] * MANY
    assert len(names(file)) == MANY
    assert len(commits) < MANY / 2
    let_go.join()


def test_one_that_cannot_be_kept_takes_no_other_with_it(engine: sa.Engine) -> None:
    add(engine, "taken")
    taken = engine.dialect.loaded_dbapi.IntegrityError
    came = at_once(
        lambda number: add(engine, f"of {number}", *(["taken"] if number % 3 == 0 else []))
    )
    kept = {f"of {number}" for number in range(MANY) if number % 3}
    assert [isinstance(one, taken) for one in came] == [number % 3 == 0 for number in range(MANY)]
    assert names(engine) == kept | {"taken"}


def test_what_may_happen_once_happens_once_with_all_that_follows_from_it(
    engine: sa.Engine,
) -> None:
    add(engine, "code")
    came = at_once(lambda number: add(engine, f"of {number}", claim="code"))
    assert sorted(came) == [False] * (MANY - 1) + [True]
    assert names(engine) == {"code", f"of {came.index(True)}"}


def test_what_was_put_off_before_the_claim_stands_whatever_becomes_of_it(
    engine: sa.Engine,
) -> None:
    for begun in (False, True):
        unit = Work(engine, 10)
        unit.later(ADD, name=f"before {begun}")
        if begun:
            unit.run(ADD, name="written already")
        before = unit.mark()
        unit.later(ADD, name="of the claim")
        assert not unit.commit_if(Change(CLAIM, {"name": "nothing"}), before)
        unit.later(ADD, name=f"the refusal {begun}")
        unit.commit()
        unit.close()
    told = {f"{word} {begun}" for word in ("before", "the refusal") for begun in (False, True)}
    assert names(engine) == told | {"written already"}


def test_a_claim_on_what_another_deletes_just_now_is_none(small_site: Site) -> None:
    """The insert that is a claim meets a row that is gone: no error, and nothing of the order."""
    with small_site.work() as work:
        work.run(Statement("CREATE TABLE child (of TEXT REFERENCES client (id))"))
    change = Change(Statement("INSERT INTO child (of) VALUES (:of)"), {"of": "nobody"})
    with small_site.work() as work:
        assert not work.commit_if(change, work.mark())


def test_writers_that_get_no_turn_are_told_and_hold_up_no_one_after(
    file: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY", 1)
    path = str(file.url.database)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        came = at_once(lambda number: add(file, f"of {number}"), 4)
        assert all(isinstance(one, sqlite3.OperationalError) for one in came)
        other.execute("ROLLBACK")
    assert names(file) == set()
    assert at_once(lambda number: add(file, f"again {number}"), 4) == [True] * 4
    assert len(names(file)) == 4


HAMMER = """
import sys, threading
from flask import Flask
from idp.store.db import connections
from tests.protocol.store.test_together import add
engine = connections.init_app(Flask("together"), sys.argv[1], 8)
say = threading.Lock()
def hammer(who):
    for number in range(10**6):
        add(engine, f"{who}.{number}")
        with say:
            print(f"{who}.{number}", flush=True)
for who in range(8):
    threading.Thread(target=hammer, args=(who,)).start()
"""


def test_whatever_was_said_to_be_kept_is_there_after_the_process_was_killed(
    file: sa.Engine,
) -> None:
    url = file.url.render_as_string()
    with subprocess.Popen(
        [sys.executable, "-c", HAMMER, url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        said = [process.stdout.readline().strip() for _ in range(400)]
        process.send_signal(signal.SIGKILL)
        # The last line may have been cut.
        said += [line.strip() for line in process.stdout if line.endswith("\n")]
    assert len(said) >= 400
    assert set(said) - names(file) == set()
