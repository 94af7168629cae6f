"""Writers of one SQLite file commit together: fewer waits for the disk, each on its own terms."""

import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.store.db import Work, connections, trouble, write_turns
from idp.store.db.statements import Change, Statement
from idp.store.db.together import Company, Left, Order
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


@pytest.fixture
def commits(file: sa.Engine) -> list[str]:
    """What is committed to the file from now on."""
    found: list[str] = []

    @sa.event.listens_for(file, "connect")
    def _count(connection: Any, _record: Any) -> None:
        connection.set_trace_callback(lambda text: found.append(text) if text == "COMMIT" else 0)

    file.dispose()
    return found


def test_whoever_waits_is_written_by_the_next_who_has_the_turn(
    file: sa.Engine, commits: list[str]
) -> None:
    """Twelve units that came while one wrote are two transactions at most, not twelve."""
    with gathering(file):
        assert at_once(lambda number: add(file, f"of {number}")) == [True] * MANY
    assert len(names(file)) == MANY
    assert len(commits) < MANY / 2


def test_so_are_those_who_wait_with_others_that_cannot_be_kept(
    file: sa.Engine, commits: list[str]
) -> None:
    add(file, "taken")
    commits.clear()
    with gathering(file):
        at_once(lambda number: add(file, f"of {number}", *["taken"] * (number % 3 == 0)))
    assert len(names(file)) == 1 + MANY * 2 / 3
    assert len(commits) < MANY / 2


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
        came = at_once(write)
    told = {f"of {number}" for number, one in enumerate(came) if one is True}
    assert told == names(file)
    others = [one for one in came if one is not True and not isinstance(one, KeyboardInterrupt)]
    assert all(isinstance(one, Left) and trouble.of(one) for one in others)
    assert len(others) > MANY / 2
    assert at_once(lambda number: add(file, f"again {number}"), 4) == [True] * 4


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
        came = at_once(lambda number: add(file, f"{number}" + "x" * 5000))
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
            came = at_once(write, 4)
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
    assert at_once(write, len(having) + 1) == [True] * (len(having) + 1)
    assert time.monotonic() - began < connections.POOL


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


def test_refused_claims_leave_a_connection_on_which_the_next_one_works(engine: sa.Engine) -> None:
    """What stood behind them was never prepared, and is not taken for that afterwards."""
    add(engine, "code")
    for number in range(20):
        assert not add(engine, f"of {number}", claim="nothing")
    assert add(engine, "of the code", claim="code")
    assert names(engine) == {"code", "of the code"}


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


def test_writers_that_get_no_turn_are_told_and_hold_up_no_one_after(file: sa.Engine) -> None:
    path = str(file.url.database)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        came = at_once(lambda number: add(file, f"of {number}", patience=1), 4)
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


@pytest.mark.slow
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
