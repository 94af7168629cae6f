"""A PostgreSQL that is frozen: real worker processes tell everyone in time, and stay alive."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
import requests

from idp.cli.running.served import THREADS
from idp.store import db
from tests.support.programs.postgres import Cluster
from tests.support.site import Site

CROWD = 2 * THREADS + 6
"""More than can be at work, and more than as many again."""
PAUSE = 0.1
"""Seconds between two questions: without one they take the core that the server needs."""
JOBS = 8
"""Of the worker, at most: each that asks the database."""
SLACK = 10
"""Seconds that a busy machine may take on top of a limit."""


@pytest.fixture
def served(tmp_path: Path, own_postgres: Cluster) -> Iterator[Site]:
    """One worker process on a PostgreSQL that the test may freeze."""
    site = Site(tmp_path, own_postgres.create_database())
    with site.serve(workers=1):
        yield site
    site.close()


def ask(url: str, *, seconds: float = 60) -> tuple[int, float, str]:
    """Return status, seconds and Retry-After of an answer of its own connection."""
    with requests.Session() as session:
        session.trust_env = False
        began = time.monotonic()
        answer = session.get(url, timeout=seconds)
        wait = answer.headers.get("Retry-After", "")
        return answer.status_code, time.monotonic() - began, wait


def test_a_frozen_server_hangs_nobody_and_the_process_says_that_it_lives(
    served: Site, own_postgres: Cluster
) -> None:
    pages = f"{served.issuer}/authorize?client_id=nobody"
    paths = ("/jwks", "/.well-known/openid-configuration")
    assert [ask(served.issuer + path)[0] for path in paths] == [200, 200]
    with ThreadPoolExecutor(CROWD) as crowd:
        with own_postgres.frozen():
            waiting = [crowd.submit(ask, pages) for _ in range(CROWD)]
            while wait(waiting, PAUSE).not_done:
                status, seconds, _ = ask(f"{served.issuer}/healthz", seconds=SLACK)
                assert (status, seconds < 5) == (200, True)
            for status, seconds, later in (one.result() for one in waiting):
                assert status == 503
                assert int(later) > 0
                assert seconds < db.PATIENCE + SLACK
            log = (served.folder / "serve.log").read_text()
            # By now it is known that no one answers.
            told = [ask(served.issuer + path) for path in paths]
            assert [status for status, _, _ in told] == [200, 200]
        deadline = time.monotonic() + SLACK
        while ask(pages)[0] != 400:
            assert time.monotonic() < deadline, "it answers again"
            time.sleep(PAUSE)
    failures = [line for line in log.splitlines() if " no database " in line]
    assert len(failures) == CROWD
    others = [line for line in log.splitlines() if "acrux.worker" not in line]
    assert len(others) == CROWD + 1, "one line each, after the one that it is served"
    assert log.count("the database said") <= JOBS, "each job of the worker says it once"
    assert max(map(len, failures)) < 200
