"""Writers of one SQLite file commit together: fewer waits for the disk, each on its own terms."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
import sqlalchemy as sa

from idp.store.db import Work
from idp.store.db.statements import Change, Statement
from tests.protocol.store.writers import ADD, CLAIM, MANY, add, gathering, names, outcomes
from tests.support.site import Site


def test_whoever_waits_is_written_by_the_next_who_has_the_turn(
    file: sa.Engine, commits: list[str]
) -> None:
    """Twelve units that came while one wrote are two transactions at most, not twelve."""
    with gathering(file):
        assert outcomes(lambda number: add(file, f"of {number}")) == [True] * MANY
    assert len(names(file)) == MANY
    assert len(commits) < MANY / 2


def test_so_are_those_who_wait_with_others_that_cannot_be_kept(
    file: sa.Engine, commits: list[str]
) -> None:
    add(file, "taken")
    commits.clear()
    with gathering(file):
        outcomes(lambda number: add(file, f"of {number}", *["taken"] * (number % 3 == 0)))
    assert len(names(file)) == 1 + MANY * 2 / 3
    assert len(commits) < MANY / 2


def test_those_that_are_all_kept_or_refused_at_their_claims_need_no_savepoints(
    file: sa.Engine,
) -> None:
    """For each SQLite would copy every page that is changed behind it."""
    said: list[str] = []
    file.dispose()
    sa.event.listen(file, "connect", lambda one, _record: one.set_trace_callback(said.append))
    add(file, "code")
    with gathering(file):
        came = outcomes(lambda number: add(file, f"of {number}", claim="code" * (number < 3)))
    assert sorted(came[:3]) == [False, False, True]
    assert came[3:] == [True] * (MANY - 3)
    assert names(file) == {"code", *(f"of {number}" for number in range(MANY) if came[number])}
    assert not [text for text in said if "SAVEPOINT" in text]


def test_one_that_cannot_be_kept_takes_no_other_with_it(engine: sa.Engine) -> None:
    add(engine, "taken")
    taken = engine.dialect.loaded_dbapi.IntegrityError
    came = outcomes(
        lambda number: add(engine, f"of {number}", *(["taken"] if number % 3 == 0 else []))
    )
    kept = {f"of {number}" for number in range(MANY) if number % 3}
    assert [isinstance(one, taken) for one in came] == [number % 3 == 0 for number in range(MANY)]
    assert names(engine) == kept | {"taken"}


def test_what_may_happen_once_happens_once_with_all_that_follows_from_it(
    engine: sa.Engine,
) -> None:
    add(engine, "code")
    came = outcomes(lambda number: add(engine, f"of {number}", claim="code"))
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
        came = outcomes(lambda number: add(file, f"of {number}", patience=1), 4)
        assert all(isinstance(one, sqlite3.OperationalError) for one in came)
        other.execute("ROLLBACK")
    assert names(file) == set()
    assert outcomes(lambda number: add(file, f"again {number}"), 4) == [True] * 4
    assert len(names(file)) == 4


HAMMER = """
import sys, threading
from flask import Flask
from idp.store.db import connections
from tests.protocol.store.writers import add
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


def test_the_log_of_the_file_is_written_back_when_it_has_two_thousand_pages(
    file: sa.Engine,
) -> None:
    with file.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar() == 2000
