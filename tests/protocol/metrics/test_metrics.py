"""What Prometheus reads of a server: real processes, its own parser."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.protocol.cli.test_cli_serve import workers_of
from tests.support import figures
from tests.support.figures import Figures
from tests.support.site import MFA, Site, free_port

pytestmark = pytest.mark.slow
SECONDS = 20


def counting(folder: Path, database_url: str) -> Iterator[tuple[Site, int]]:
    port = free_port()
    site = Site(folder, database_url, metrics__bind=f"127.0.0.1:{port}")
    yield site, port
    site.close()


@pytest.fixture
def measured(tmp_path: Path, database_url: str) -> Iterator[tuple[Site, int]]:
    """A site that counts, and the port of its metrics."""
    yield from counting(tmp_path, database_url)


@pytest.fixture
def small_measured(tmp_path: Path) -> Iterator[tuple[Site, int]]:
    """The same, on SQLite alone."""
    yield from counting(tmp_path, f"sqlite:///{tmp_path}/acrux.db")


def until(port: int, holds: Callable[[Figures], object]) -> Figures:
    """Read until something holds: some figures are taken once a second."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            found = figures.read(port)
            if holds(found):
                return found
            said = found.text
        except requests.RequestException as error:
            said = str(error)
        assert time.monotonic() < deadline, said
        time.sleep(0.1)


def test_every_process_is_in_one_reading_and_a_dead_one_leaves_what_it_counted_alone(
    measured: tuple[Site, int],
) -> None:
    site, port = measured
    secret = site.secret()
    sub = site.person("tane", totp=secret)
    application = site.application("secretive-client")
    with site.serve(2):
        browser = site.browser()
        browser.authorize(application, acr_values=MFA)
        browser.sign_in("tane", "wrong horse battery")
        browser.sign_in("tane")
        assert site.redeem(application, browser.totp(secret).query["code"]).status == 200
        found = until(port, lambda f: f.value("acrux_processes", role="serving") == 2)
        assert found.value("acrux_processes", role="worker") == 1
        assert found.value("acrux_sign_ins_total", outcome="finished", acr=MFA) == 1
        attempts = "acrux_authentication_attempts_total"
        assert found.value(attempts, method="totp", outcome="proved") == 1
        assert found.value(attempts, method="password", outcome="rejected") == 1
        assert found.value("acrux_tokens_issued_total", grant="authorization_code") == 1
        assert found.value("acrux_database_up") == 1
        assert found.value("acrux_signing_key_age_seconds", alg="RS256") >= 0
        assert "mail" in found.labels("acrux_outbox_messages", "channel")
        times = "acrux_http_request_duration_seconds_count"
        before = found.value(times, route="/token")
        assert before == 1
        for victim in workers_of(site.process):
            os.kill(victim, signal.SIGKILL)
        after = until(port, lambda f: f.value("acrux_processes", role="serving") == 2)
        assert after.value(times, route="/token") == before, "what was counted stays"
        assert after.value("acrux_database_connections_max") == found.value(
            "acrux_database_connections_max"
        ), "what the dead ones held does not"
    for word in ("tane", sub, "secretive-client", "example.org"):
        assert word not in after.text, "a label is about a person or a client"


def test_without_the_worker_one_process_gives_the_figures_and_another_takes_its_place(
    small_measured: tuple[Site, int],
) -> None:
    site, port = small_measured
    with site.serve(1, "--no-with-worker"):
        assert until(port, lambda f: f.value("acrux_processes", role="serving") == 1)
        (beside,) = set(_children(site)) - set(workers_of(site.process))
        os.kill(beside, signal.SIGKILL)
        assert until(port, lambda f: f.value("acrux_processes", role="worker") == 1)
        assert beside not in _children(site)


def test_figures_that_cannot_be_kept_or_given_keep_no_one_from_signing_in(
    small_measured: tuple[Site, int],
) -> None:
    site, port = small_measured
    (site.folder / "metrics").write_text("no folder")
    with site.serve(1):
        assert site.client().send("GET", "/readyz").status == 200
    assert "no metrics of this process" in (site.folder / "serve.log").read_text()
    (site.folder / "metrics").unlink()
    with socket.create_server(("127.0.0.1", port)), site.serve(1):
        assert site.client().send("GET", "/readyz").status == 200
    assert f"no metrics at 127.0.0.1:{port}" in (site.folder / "serve.log").read_text()


def test_prometheus_own_tool_finds_nothing_against_names_units_and_help(
    small_measured: tuple[Site, int], promtool: str
) -> None:
    site, port = small_measured
    site.person("tane")
    with site.serve(1):
        browser = site.browser()
        browser.authorize(site.application())
        browser.sign_in("tane")
        found = until(port, lambda f: f.value("acrux_processes", role="serving") == 1)
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=found.text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def _children(site: Site) -> list[int]:
    pid = site.process.pid
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
