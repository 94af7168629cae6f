"""The database goes away and comes back: no one is stuck, and nothing half-done is kept."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from idp.messages import links
from idp.messages.links import Purpose
from idp.store import people
from idp.store.db import Work, work
from idp.store.db.statements import Statement
from idp.store.rollout import forecasts
from idp.store.service.cleaning import clean
from tests.support.programs.postgres import Cluster
from tests.support.site import MFA, Site

RENAME = Statement("UPDATE person SET name = :name WHERE username = 'aroha'")
HOLD = Statement("UPDATE link SET expires_at = expires_at WHERE digest = :digest")
NAME = Statement("SELECT name FROM person WHERE username = 'aroha'")


@pytest.fixture
def served_site(tmp_path: Path, postgres_server: Cluster) -> Iterator[Site]:
    """An installation on PostgreSQL."""
    url = postgres_server.create_database()
    found = Site(tmp_path, url)
    yield found
    found.close()
    postgres_server.drop_database(url)


def cut_connections(site: Site) -> None:
    """Let the server close every connection that lies in the pool, as a restart does."""
    url = site.installation.engine.url.set(drivername="postgresql").render_as_string(
        hide_password=False
    )
    with psycopg.connect(url, autocommit=True) as other:
        ended = other.execute(
            "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    # They end a moment later. What is sent to one that is still ending may have been done.
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid, _ in ended):
        assert time.monotonic() < deadline, "a connection does not end"
        time.sleep(0.01)


def test_a_restarted_database_server_is_not_noticed_by_people(served_site: Site) -> None:
    served_site.person("aroha")
    app = served_site.application()
    browser = served_site.browser()
    browser.authorize(app)
    cut_connections(served_site)
    answer = browser.sign_in("aroha")
    cut_connections(served_site)
    assert served_site.redeem(app, answer.query["code"]).status == 200


def test_nor_where_the_first_thing_is_to_write(served_site: Site) -> None:
    """What has no answer to wait for goes with the COMMIT, on the connection from the pool."""
    assert served_site.browser().get("/authorize").status == 400
    cut_connections(served_site)
    assert served_site.browser().get("/authorize").status == 400
    assert served_site.times(outcome="refused") == 2


def test_nor_by_anyone_of_the_crowd_that_comes_after_it(served_site: Site) -> None:
    """All connections that a busy time has left in the pool are dead, not the first alone."""
    served_site.person("aroha")
    engine = served_site.installation.engine
    crowd = [Work(engine) for _ in range(6)]
    for unit in crowd:
        unit.one(NAME)
    for unit in crowd:
        unit.close()
    cut_connections(served_site)
    for _ in range(3):
        with work(engine) as unit:
            assert unit.one(NAME) == ("Aroha",)


def test_what_was_begun_when_the_connection_broke_is_undone(served_site: Site) -> None:
    served_site.person("aroha")
    unit = Work(served_site.installation.engine)
    unit.run(RENAME, name="Somebody else")
    cut_connections(served_site)
    with pytest.raises(psycopg.Error):
        unit.one(NAME)
    unit.close()
    with served_site.work() as after:
        assert after.one(NAME) == ("Aroha",)


def test_a_writer_that_cannot_begin_fails_and_the_next_one_works(small_site: Site) -> None:
    small_site.person("aroha")
    blocker = sqlite3.connect(
        str(small_site.installation.engine.url.database), isolation_level=None
    )
    blocker.execute("BEGIN IMMEDIATE")
    with work(small_site.installation.engine) as unit:
        unit.one(NAME)
        unit._fairy.driver_connection.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(sqlite3.OperationalError):
            unit.run(RENAME, name="Somebody else")
    blocker.execute("ROLLBACK")
    blocker.close()
    with work(small_site.installation.engine) as unit:
        assert unit.run(RENAME, name="Aroha N") == 1


def test_people_sign_in_while_it_is_noted_who_is_stuck(served_site: Site) -> None:
    aroha = served_site.person("aroha")
    stage = served_site.stage("*", MFA, 86400)
    with served_site.work() as noting:
        run = forecasts.claim(noting, stage, "a plan", 86400)
        assert run is not None
        forecasts.keep(noting, stage, run, [(aroha, ("no-number",), 0)])
        with work(served_site.installation.engine, patience=2) as signing_in:
            people.lock_person(signing_in, aroha)


def test_a_clean_up_waits_for_nobody_and_leaves_what_others_hold(served_site: Site) -> None:
    with served_site.work() as unit:
        for name in ("aroha", "mere"):
            person = served_site.person(name, password=None)
            links.make(unit, served_site.issuer, Purpose.RESET, person)
    served_site.advance(30 * 86400)
    [held, _free] = left(served_site)
    with served_site.work() as other:
        other.run(HOLD, digest=held)
        with work(served_site.installation.engine, patience=2) as cleaning:
            clean(cleaning, 86400)
        assert left(served_site) == [held]
    with served_site.work() as after:
        clean(after, 86400)
    assert left(served_site) == []


def left(site: Site) -> list[str]:
    with site.work() as unit:
        return unit.column(Statement("SELECT digest FROM link ORDER BY digest"))
