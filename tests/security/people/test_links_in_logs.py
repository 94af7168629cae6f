"""A link that still works stands in no log, whatever breaks while it is opened."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.protocol.cli.test_cli_serve import workers_of
from tests.support.letters import forget, mailed_link
from tests.support.site import PASSWORD, Site
from tests.support.wire import exchange, head

REFUSES = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'nothing is kept today' USING DETAIL = NEW::text; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON session
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@contextmanager
def no_commit_succeeds(site: Site, worker: int) -> Iterator[None]:
    """Let every COMMIT of the server fail: a full disk for SQLite, a late refusal on PostgreSQL."""
    url = site.installation.engine.url
    if url.database and url.drivername.startswith("sqlite"):
        log_of_changes = Path(f"{url.database}-wal").stat().st_size
        _, hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (log_of_changes, hard))
        yield
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (hard, hard))
        return
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as database:
        database.execute(REFUSES)
        yield
        database.execute("DROP TRIGGER refuse ON session")


def log(site: Site) -> str:
    return (site.folder / "serve.log").read_text()


def test_a_commit_that_fails_puts_no_link_into_the_log(tmp_path: Path, database_url: str) -> None:
    site = Site(tmp_path, database_url, server__access_log="true")
    site.person("aroha")
    forget(site, "aroha")
    path = mailed_link(site, "reset-link")
    with site.serve(workers=1):
        (worker,) = workers_of(site.process)
        with no_commit_succeeds(site, worker):
            answer = site.browser().open(path)
        token = path.rpartition("/")[2]
        assert token not in log(site)
        if database_url.startswith("sqlite"):
            # The disk is in trouble.
            assert answer.status == 503
            assert " no database " in log(site)
            assert "disk I/O error" in log(site)
            assert "Traceback" not in log(site)
        else:
            # The database refused what we wrote.
            assert answer.status == 500
            assert "unexpected error" in log(site)
            assert "nothing is kept today\nDETAIL: …" in log(site)
        browser = site.browser()
        browser.open(path)
        done = browser.submit(path, password="harbour lantern sixpence moss")
        assert done.heading == "Your password is set", "it still works, or this proves nothing"
    site.close()


def test_a_link_that_was_spelt_wrongly_is_not_in_the_access_log(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, server__access_log="true")
    token = "wrongly-spelt-but-a-token-all-the-same-" + "x" * 4
    with site.serve(workers=1):
        client = site.client()
        for spelling in ("//l/{}", "/l//{}", "/l/{}/", "/l/{}.", "/L/{}", "/%6C/{}", "/a/../l/{}"):
            client.send("GET", spelling.format(token))
            client.send("POST", spelling.format(token), {"password": PASSWORD})
    assert log(site).count("acrux.access") >= 14
    assert token not in log(site)
    site.close()


def test_nobody_writes_a_line_of_the_access_log(tmp_path: Path) -> None:
    """ASVS 16.4.1: line breaks, escapes and NUL of a path, a method or a hop stay one line."""
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    settings = {"server__access_log": "true", "server__trusted_proxies": "127.0.0.1"}
    site = Site(tmp_path, url, **settings)
    forged = "127.0.0.1%20GET%20/x%20200"
    with site.serve(workers=1):
        for path in (
            f"/%0a{forged}",
            f"/%0d%0a{forged}",
            "/%1b[31m",
            "/%00",
            "/%E2%80%A8x",
            "/%9b",
        ):
            exchange(site.port, head("GET", path, "Connection: close"))
        hop = "X-Forwarded-For: 7.7.7.7 GET /x 200 1 ms"
        exchange(site.port, head("GET", "/healthz", hop, "Connection: close"))
    assert all(line.isprintable() for line in log(site).split("\n"))
    lines = [line.split(": ", 1)[1] for line in log(site).split("\n") if "acrux.access" in line]
    told = [line.split(" ") for line in lines if "/readyz" not in line]
    assert [len(words) for words in told] == [7] * 7, "source, method, path, status, time, ms, id"
    assert [words[3] for words in told] == ["404"] * 6 + ["200"]
    assert told[6][0] == "7.7.7.7%20GET%20%2Fx%20200%201%20ms"
    site.close()
