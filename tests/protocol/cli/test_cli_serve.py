"""`acrux serve` and `worker` as processes: they check first, serve, deliver, and end when told."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from idp.store.signin import interactions, sessions
from tests.protocol.command import Acrux
from tests.support.programs import warm
from tests.support.site import MFA, Site, free_port
from tests.support.stand_ins.smtp import mail_server, self_signed, smtp_settings

SECONDS = 120


def until(condition: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    """Wait until the condition holds; fail when the process ends before, or time runs out."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def ready(url: str, verify: str | bool = True) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(f"{url}/readyz", timeout=5, verify=verify).status_code == 200
        except requests.RequestException:
            return False


def workers_of(process: warm.Process | subprocess.Popen[str]) -> list[int]:
    """Return the processes of a server that serve, without the one beside them."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(pid) for pid in children if serves(Path("/proc", pid))]


def serves(process: Path) -> bool:
    """Return True for one that was started as a program, or forked, to serve (`warm`)."""
    module = "idp.cli.running.served"
    try:
        name = (process / "comm").read_text().strip()
        words = (process / "cmdline").read_bytes().decode()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return name == warm.name_of(module) or module in words


@pytest.mark.slow
def test_a_server_ends_quietly_when_told_and_answered_before(acrux: Acrux) -> None:
    port = free_port()
    with acrux.running("serve", "--bind", f"127.0.0.1:{port}", "--workers", "2") as process:
        until(lambda: ready(f"http://127.0.0.1:{port}"), process)
        assert len(workers_of(process)) == 2
        assert process.stderr
        # It asks itself whether it listens, and may learn of it later than we do.
        first = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        said, warned = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert (said, warned) == ("", "")
    assert first.rstrip() == (
        f"http://localhost:5000 is served at 127.0.0.1:{port} by 2 processes. Ctrl-C ends it."
    )


@pytest.mark.slow
def test_a_worker_process_that_dies_is_replaced(small_acrux: Acrux) -> None:
    port = free_port()
    with small_acrux.running("serve", "--bind", f"127.0.0.1:{port}", "--workers", "1") as process:
        until(lambda: ready(f"http://127.0.0.1:{port}"), process)
        killed = workers_of(process)[0]
        os.kill(killed, signal.SIGKILL)
        until(lambda: killed not in workers_of(process), process)
        until(lambda: ready(f"http://127.0.0.1:{port}"), process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)


@pytest.mark.slow
def test_a_server_speaks_tls(small_acrux: Acrux, tmp_path: Path) -> None:
    file = str(self_signed(tmp_path))
    port = free_port()
    words = ("serve", "--bind", f"127.0.0.1:{port}", "--workers", "1")
    with small_acrux.running(*words, "--cert", file, "--key", file) as process:
        until(lambda: ready(f"https://127.0.0.1:{port}", verify=file), process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    line = small_acrux.refused(*words, "--cert", "no.pem", "--key", "no.pem")
    assert line.startswith("the server cannot start: ")


@pytest.mark.slow
def test_a_server_says_at_the_start_that_a_code_takes_two_text_messages(small_acrux: Acrux) -> None:
    small_acrux.environ["ACRUX_BRAND__NAME"] = "Ministry of Health of all the Islands"
    small_acrux.environ["ACRUX_SERVER__ISSUER"] = "https://accounts.of-the-ministry-of.example.org"
    with mail_server() as taken:
        bind = f"127.0.0.1:{taken.port}"
        ended = small_acrux.run("serve", "--bind", bind)
    assert "A code takes two text messages in a language: set brand.short_name" in ended.stderr


@pytest.mark.slow
def test_a_server_does_not_start_on_what_cannot_work(bare: Acrux) -> None:
    assert "run `acrux init`" in bare.refused("serve")
    bare("init")
    url = bare.environ["ACRUX_DATABASE__URL"]
    bare.environ["ACRUX_DATABASE__URL"] = url.replace("acrux.sqlite", "other.sqlite")
    if bare.environ["ACRUX_DATABASE__URL"] != url:
        assert bare.refused("serve") == "the database is empty: run `acrux init`"
    bare.environ["ACRUX_DATABASE__URL"] = url
    with mail_server() as taken:
        line = bare.refused("serve", "--bind", f"127.0.0.1:{taken.port}")
    assert line == f"cannot listen at 127.0.0.1:{taken.port}: Address already in use"


@pytest.mark.slow
def test_a_server_does_not_start_while_a_stage_demands_a_level_that_is_none(
    small_acrux: Acrux, tmp_path: Path
) -> None:
    small_acrux("stage", "add", "--audience", "*", "--level", MFA, "--from", "2030-01-01")
    file = tmp_path / "levels.toml"
    file.write_text("levels = [{name = 'low'}]\n[policy]\nask_enrolled = ''\n")
    small_acrux.environ["ACRUX_CONFIG"] = str(file)
    assert f"{MFA}, which is no level" in small_acrux.refused("serve")


@pytest.mark.slow
@pytest.mark.parametrize("words", [("serve", "--workers", "1"), ("worker",)])
def test_late_mail_is_delivered_by_whoever_runs(small_acrux: Acrux, words: tuple[str, ...]) -> None:
    """The mail server was away when the operator removed a factor; then it is back."""
    port = free_port()
    small_acrux.environ |= smtp_settings(port)
    small_acrux("user", "add", "tane", "--email", "tane@example.org")
    small_acrux("user", "enrol-totp", "tane")
    if words[0] == "serve":
        words = (*words, "--bind", f"127.0.0.1:{free_port()}")
    with mail_server(port) as server:
        Path(small_acrux.environ["ACRUX_TEST__CLOCK"]).write_text("60")
        with small_acrux.running(*words) as process:
            until(lambda: server.mails, process)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert [mail.recipients for mail in server.mails] == [("tane@example.org",)]


@pytest.mark.slow
def test_a_server_without_a_worker_leaves_late_mail_and_says_so(small_acrux: Acrux) -> None:
    port, mail_port = free_port(), free_port()
    small_acrux.environ |= smtp_settings(mail_port)
    small_acrux("user", "add", "tane", "--email", "tane@example.org")
    small_acrux("user", "enrol-totp", "tane")
    Path(small_acrux.environ["ACRUX_TEST__CLOCK"]).write_text("60")
    words = ("serve", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--no-with-worker")
    with mail_server(mail_port) as server, small_acrux.running(*words) as process:
        until(lambda: ready(f"http://127.0.0.1:{port}"), process)
        process.send_signal(signal.SIGTERM)
        assert "wait for `acrux worker`" in process.communicate(timeout=SECONDS)[1]
        assert server.mails == []
        assert small_acrux("worker", "--once").startswith("1 messages tried, ")
        assert len(server.mails) == 1


def test_once_does_what_is_due_and_ends(site: Site) -> None:
    acrux = Acrux(site.environ)
    browser = site.browser()
    browser.open("/account/")
    assert acrux("worker", "--once") == "0 messages tried, 0 old rows deleted.\n"
    site.advance(2 * 86400)
    assert acrux("worker", "--once") == "0 messages tried, 2 old rows deleted.\n"
    assert acrux("worker", "--once") == "0 messages tried, 0 old rows deleted.\n"
    with site.work() as work:
        assert interactions.find(work, browser.at.url.split("/")[2]) is None
        assert sessions.find(work, "", 10**9) is None
