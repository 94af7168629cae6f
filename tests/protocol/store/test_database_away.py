"""A database that is away, full, locked or silent: a 503 in time, and one line in the log."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from idp import web
from idp.oidc.tokens import signing_keys
from idp.store.db import Work, connections, silence, trouble, write_turns
from tests.protocol.command import Acrux
from tests.security.serving.crowd import at_once
from tests.support.programs.postgres import Cluster
from tests.support.site import Answer, Site

PROGRAMS = (
    ("POST", "/token"),
    ("POST", "/introspect"),
    ("POST", "/revoke"),
    ("GET", "/jwks"),
    ("GET", "/.well-known/openid-configuration"),
)
PAGES = ("/authorize?client_id=app", "/interaction/x/password", "/l/x")
SLACK = 10
"""Seconds that a busy machine may take on top of a limit."""


@pytest.fixture
def own_site(tmp_path: Path, own_postgres: Cluster) -> Iterator[Site]:
    """An installation on a PostgreSQL that the test may stop."""
    found = Site(tmp_path, own_postgres.create_database())
    yield found
    found.close()


def assert_unavailable(answer: Answer, *, program: bool) -> None:
    assert answer.status == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    if program:
        assert answer.json["error"] == "temporarily_unavailable"
    else:
        assert answer.heading == "We cannot answer just now"
        assert "Set-Cookie" not in answer.headers


def assert_short(caplog: pytest.LogCaptureFixture, code: str) -> None:
    """Check that each failure is one line with its code, and no traceback."""
    ours = [r for r in caplog.records if r.name == "acrux.web" and r.levelno >= logging.ERROR]
    assert ours
    for record in ours:
        assert record.exc_info is None
        assert "\n" not in record.getMessage()
        assert f" {code}" in record.getMessage()
    assert not [r for r in caplog.records if r.exc_info], "a traceback"


def ask_all(site: Site) -> None:
    form = {"grant_type": "authorization_code", "client_id": "app", "code": "x"}
    for verb, path in PROGRAMS:
        answer = site.client().send(verb, path, form if verb == "POST" else None)
        assert_unavailable(answer, program=True)
    for path in PAGES:
        assert_unavailable(site.client().send("GET", path), program=False)


def test_a_stopped_server_is_told_everywhere_and_in_one_line_each(
    own_site: Site, own_postgres: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    own_postgres.stop()
    began = time.monotonic()
    ask_all(own_site)
    assert time.monotonic() - began < SLACK, "nobody waits for what refuses"
    assert_short(caplog, "OperationalError -")


def test_the_page_speaks_the_language_of_its_reader(own_site: Site, own_postgres: Cluster) -> None:
    own_postgres.stop()
    heard = set()
    for language in ("en", "de", "es", "fr", "mi"):
        client = own_site.client()
        answer = client.send("GET", "/authorize", headers={"Accept-Language": language})
        assert answer.headers["Content-Language"].startswith(language)
        heard.add(answer.heading)
    assert len(heard) == 5


def test_too_many_connections_are_a_503(
    tmp_path: Path, own_postgres: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(tmp_path, own_postgres.create_database())
    connections.close(site.installation.engine)
    with own_postgres.connect() as owner:
        owner.execute("ALTER ROLE acrux NOSUPERUSER CONNECTION LIMIT 1")
        assert_unavailable(site.client().send("GET", "/jwks"), program=True)
    assert_short(caplog, "OperationalError -")
    site.close()


def statement_limit(url: str, folder: Path) -> str:
    site = Site(folder, url)
    with site.work() as work:
        found: str = work.select(sa.text("SELECT current_setting('statement_timeout')"))[0][0]
    site.close()
    return found


def test_the_server_ends_a_statement_that_waits_for_long(
    own_postgres: Cluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = own_postgres.create_database()
    assert statement_limit(url, tmp_path) == f"{silence.STATEMENT}s"
    with own_postgres.connect() as owner:
        owner.execute("ALTER ROLE acrux SET statement_timeout = '1s'")
    site = Site(tmp_path, url)
    address = site.installation.engine.url.set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False)) as other:
        other.execute("LOCK TABLE client")
        answer = site.client().send("POST", "/token", {"client_id": "nobody", "grant_type": "x"})
    assert_unavailable(answer, program=True)
    assert_short(caplog, "QueryCanceled 57014")
    site.close()


def test_no_setting_is_left_behind_at_a_pooler(pgbouncer: str, tmp_path: Path) -> None:
    assert statement_limit(pgbouncer, tmp_path) == "0"


def test_a_request_asks_a_silent_server_no_longer_than_it_has(
    own_site: Site, own_postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "PATIENCE", 4)
    assert own_site.client().send("GET", "/jwks").status == 200
    with own_postgres.frozen():
        began = time.monotonic()
        assert_unavailable(
            own_site.client().send("POST", "/token", {"client_id": "app"}), program=True
        )
        assert time.monotonic() - began < 4 + SLACK
        began = time.monotonic()
        for _ in range(5):
            answer = own_site.client().send("POST", "/token", {"client_id": "app"})
            assert_unavailable(answer, program=True)
        assert time.monotonic() - began < 4 + silence.CONNECT + SLACK, "one asks for the others"
    deadline = time.monotonic() + SLACK
    while own_site.client().send("POST", "/token", {"client_id": "app"}).status == 503:
        assert time.monotonic() < deadline, "it answers again"
        time.sleep(0.05)


def test_a_commit_that_nobody_answered_is_not_said_to_be_undone(
    own_site: Site, own_postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server had carried it out: it was only the answer that never came."""
    monkeypatch.setattr(web, "PATIENCE", 3)
    browser = own_site.browser()
    own_site.person("tane")
    browser.authorize(own_site.application())
    before = len(own_site.events(kind="person:factor:proved"))
    commit = Work._commit
    with own_postgres.frozen_later() as freeze:

        def frozen_at_the_commit(work: Work) -> None:
            if work.commits:
                freeze()
            commit(work)

        monkeypatch.setattr(Work, "_commit", frozen_at_the_commit)
        answer = browser.sign_in("tane")
    assert answer.status == 503
    assert "We do not know whether" in answer.text
    assert "Nothing of what you just did" not in answer.text
    monkeypatch.undo()
    deadline = time.monotonic() + SLACK
    while len(own_site.events(kind="person:factor:proved")) == before:
        assert time.monotonic() < deadline, "it was carried out when the server went on"
        time.sleep(0.05)


@pytest.mark.slow
def test_keys_and_discovery_outlive_the_database_for_a_while(
    own_site: Site, own_postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ("/jwks", "/.well-known/openid-configuration")
    before = [own_site.client().send("GET", path) for path in paths]
    with own_postgres.frozen():
        began = time.monotonic()
        for path, good in zip(paths * 3, before * 3, strict=True):
            answer = own_site.client().send("GET", path)
            assert (answer.status, answer.text) == (200, good.text)
        assert time.monotonic() - began < silence.CONNECT + SLACK
    own_postgres.stop()
    for path, good in zip(paths, before, strict=True):
        answer = own_site.client().send("GET", path)
        assert (answer.status, answer.text) == (200, good.text)
    monkeypatch.setattr(signing_keys, "OUTLIVES", 0)
    for path in paths:
        assert_unavailable(own_site.client().send("GET", path), program=True)


@pytest.mark.slow
def test_a_key_withdrawn_after_an_outage_is_told_no_more(
    own_site: Site, own_postgres: Cluster
) -> None:
    acrux = Acrux(own_site.environ)
    withdrawn = own_site.client().send("GET", "/jwks").json["keys"][0]["kid"]
    acrux("keys", "rotate", "--now")
    assert withdrawn in own_site.client().send("GET", "/jwks").text
    with own_postgres.frozen():
        assert withdrawn in own_site.client().send("GET", "/jwks").text
    acrux("keys", "withdraw", withdrawn, "--compromised")
    deadline = time.monotonic() + SLACK
    while withdrawn in own_site.client().send("GET", "/jwks").text:
        assert time.monotonic() < deadline, "the copy is told although the database answers"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_file_locked_by_another_process_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Our own turns and SQLite's lock have one limit together, however many wait."""
    monkeypatch.setattr(connections, "BUSY", 3)
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}")
    with closing(sqlite3.connect(tmp_path / "acrux.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        form = {"client_id": "nobody", "grant_type": "x"}
        calls = [lambda: site.client().send("POST", "/token", form) for _ in range(4)]
        for answer in at_once(calls):
            assert_unavailable(answer, program=True)
        assert 2 < time.monotonic() - began < 3 + 2
        assert site.client().send("GET", "/jwks").status == 200, "reading waits for nobody"
    assert_short(caplog, "SQLITE_BUSY")
    assert site.client().send("POST", "/token", form).status == 400
    site.close()


def test_a_full_disk_is_a_503(small_site: Site, caplog: pytest.LogCaptureFixture) -> None:
    @sa.event.listens_for(small_site.installation.engine, "connect")
    def full(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    small_site.installation.engine.dispose()
    app = small_site.application()
    for _ in range(60):
        answer = small_site.browser().authorize(app, state="x" * 3000)
        if answer.status != 200:
            break
    assert_unavailable(answer, program=False)
    assert_short(caplog, "SQLITE_FULL")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (psycopg.errors.AdminShutdown(), "57P01"),
        (psycopg.errors.QueryCanceled(), "57014"),
        (psycopg.errors.DiskFull(), "53100"),
        (psycopg.errors.ReadOnlySqlTransaction(), "25006"),
        (psycopg.errors.LockNotAvailable(), "55P03"),
        (psycopg.errors.DeadlockDetected(), "40P01"),
        (psycopg.OperationalError("the connection is lost"), ""),
        (sa.exc.OperationalError("SELECT", {}, psycopg.OperationalError("away")), ""),
        (sa.exc.TimeoutError(), "pool"),
        (silence.Silent(), ""),
        (write_turns.Busy(), "SQLITE_BUSY"),
    ],
)
def test_what_may_be_over_in_a_moment_is_trouble(error: Exception, code: str) -> None:
    found = trouble.of(error)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.UniqueViolation(),
        psycopg.errors.UndefinedTable(),
        psycopg.errors.PipelineAborted(),
        psycopg.InterfaceError("the cursor is closed"),
        sqlite3.OperationalError("no such table: nowhere"),
        RuntimeError("anything"),
    ],
)
def test_a_fault_of_ours_is_no_trouble(error: Exception) -> None:
    assert trouble.of(error) is None


@pytest.mark.parametrize("code", ["08006", "57P01", "", "SQLITE_IOERR_FSYNC"])
def test_a_commit_is_in_doubt_where_nobody_refused_it(code: str) -> None:
    assert trouble.Trouble("Error", code).unanswered


@pytest.mark.parametrize("code", ["53100", "57014", "25006", "SQLITE_BUSY", "SQLITE_FULL", "pool"])
def test_a_commit_that_was_refused_is_not_in_doubt(code: str) -> None:
    assert not trouble.Trouble("Error", code).unanswered
