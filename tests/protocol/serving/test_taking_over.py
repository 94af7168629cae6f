"""New processes take over from old ones, and a server ends: no request is cut, none is refused."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import requests

from tests.protocol.cli.test_cli_serve import SECONDS, ready, until, workers_of
from tests.protocol.command import Acrux
from tests.support.programs.documented import Front
from tests.support.site import Site, free_port
from tests.support.steady import steady

pytestmark = pytest.mark.slow


def logged(site: Site) -> str:
    return (site.folder / "serve.log").read_text()


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def hang_up(site: Site, says: str) -> None:
    """Send SIGHUP, and wait until the log says once more how it ended."""
    before = logged(site).count(says)
    site.process.send_signal(signal.SIGHUP)
    wait_for(lambda: logged(site).count(says) > before, f"{says}: {logged(site)}")


TAKEN = "the new processes have taken over"
NOT_TAKEN = "the new processes do not take over"


def test_whoever_is_served_notices_no_reload_and_no_wrong_setting(tmp_path: Path) -> None:
    """One server for all: starting one takes a while."""
    config = tmp_path / "acrux.toml"
    config.write_text("[brand]\nname = 'Before'\n")
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}")
    site.environ["ACRUX_CONFIG"] = str(config)
    for name in [name for name in site.environ if name.startswith("ACRUX_BRAND__")]:
        del site.environ[name]
    with site.serve(workers=2, cold=True):
        first = set(workers_of(site.process))
        with steady(site.port) as seen:
            config.write_text("[brand]\nname = 'Afterwards'\n")
            hang_up(site, TAKEN)
            wait_for(lambda: not first & set(workers_of(site.process)), "the old ones go")
            second = set(workers_of(site.process))
            config.write_text("[brand]\nname = 3\n")
            hang_up(site, NOT_TAKEN)
            assert "[brand] name must be str" in logged(site).split(NOT_TAKEN)[1]
            assert set(workers_of(site.process)) >= second, "those that were there serve on"
        assert seen.lost == []
        assert seen.refused == 0
        assert set(seen.answers) == {200}
        assert seen.last, "old processes said that they go"
        assert "Afterwards" in requests.get(f"{site.issuer}/nowhere", timeout=SECONDS).text
        told_to_end(site)
    site.close()


def told_to_end(site: Site) -> None:
    """SIGTERM, while clients keep their connections: they get their answers, then a clear no."""
    with steady(site.port) as seen:
        wait_for(lambda: seen.answers[200] > 100, "they are served")
        site.process.send_signal(signal.SIGTERM)
        assert site.process.wait(SECONDS) == 0
    assert seen.lost == []
    assert seen.last >= 1
    assert seen.refused > 0


def test_one_process_that_cannot_start_takes_no_other_along(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}")
    keyring = site.installation.keyring.path
    assert keyring
    with site.serve(workers=2):
        # After it, both are known to serve.
        hang_up(site, TAKEN)
        wait_for(lambda: len(workers_of(site.process)) == 2, "the old ones go")
        steady_one, victim = workers_of(site.process)
        keyring.chmod(0o644)
        with steady(site.port, clients=2) as seen:
            os.kill(victim, signal.SIGKILL)
            wait_for(lambda: "times in a row" in logged(site), logged(site))
            os.kill(steady_one, 0)
            seen_meanwhile = seen.answers[200]
            keyring.chmod(0o600)
            wait_for(lambda: seen.answers[200] > seen_meanwhile, "served by the one that is well")
        said = [line for line in logged(site).splitlines() if "a process that serves" in line]
        assert len(said) == 2, "at the first end, and when it goes on; then it is known"
        assert "was ended by SIGKILL: another is started" in said[0]
        assert f"cannot begin: {keyring} has mode 644" in said[1]
        no_file_is_left(site)
    site.close()


def no_file_is_left(site: Site) -> None:
    """The main process can start nothing for a while, and goes on when it can."""
    before = workers_of(site.process)
    limit = resource.prlimit(site.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(site.process.pid, resource.RLIMIT_NOFILE, (5, limit[1]))
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: "cannot be started, Too many open files" in logged(site), logged(site))
    resource.prlimit(site.process.pid, resource.RLIMIT_NOFILE, limit)
    wait_for(lambda: len(set(workers_of(site.process)) - set(before)) == 2, "both are back")
    wait_for(lambda: ready(site.issuer), "they serve")


def test_nginx_in_front_notices_no_reload(
    front_servers: None, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    port = free_port()
    site = Site(
        tmp_path,
        f"sqlite:///{tmp_path / 'acrux.db'}",
        server__issuer=f"https://localhost:{port}",
        server__trusted_proxies="127.0.0.1",
    )
    front = Front("nginx", tmp_path_factory.mktemp("proxy"), port, site.port)
    with (
        site.serve(workers=2),
        front.running(),
        steady(port, "/jwks", authority=front.authority) as seen,
    ):
        old = set(workers_of(site.process))
        hang_up(site, TAKEN)
        wait_for(lambda: not old & set(workers_of(site.process)), "the old ones go")
    assert seen.lost == []
    assert set(seen.answers) == {200}
    site.close()


# -- under systemd


@contextmanager
def service_manager(folder: Path) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """Yield where states are told, and what was told so far, in the first line of each message."""
    path, told = folder / "notify", []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as place:
        place.bind(str(path))
        place.setblocking(False)

        def so_far() -> list[str]:
            while True:
                try:
                    told.append(place.recv(4096).decode().splitlines()[0])
                except BlockingIOError:
                    return told

        yield str(path), so_far


def test_a_socket_of_systemd_is_served_and_the_manager_is_told(
    front_servers: None, small_acrux: Acrux, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with service_manager(tmp_path) as (notify, told):
        command = ("systemd-socket-activate", "-l", f"127.0.0.1:{port}")
        passed = [f"-E{name}={value}" for name, value in small_acrux.environ.items()]
        process = subprocess.Popen(
            [
                *(*command, *passed, f"-ENOTIFY_SOCKET={notify}"),
                *(sys.executable, "-m", "idp", "serve", "--bind", "127.0.0.1:1", "--workers", "1"),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            # The first connection starts the server, and waits until it is there.
            until(lambda: ready(url), process)
            # Whoever serves is heard by the main process a moment later.
            until(lambda: told() == ["READY=1"], process)
            process.send_signal(signal.SIGHUP)
            until(lambda: told().count("READY=1") == 2, process)
            assert told() == ["READY=1", "RELOADING=1", "READY=1"]
            assert ready(url)
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=SECONDS)[1]
            assert told()[3:] == ["STOPPING=1"]
        finally:
            process.kill()
            process.wait()
    assert f"is served at 127.0.0.1:{port} by 1 processes" in said
    assert process.returncode == 0


HANDED = """
import os, sys
numbers = [os.dup(int(number)) for number in sys.argv[1:]]
for place, number in enumerate(numbers, 3):
    os.dup2(number, place)
    os.set_inheritable(place, True)
os.environ |= {"LISTEN_FDS": str(len(numbers)), "LISTEN_PID": str(os.getpid())}
os.execv(sys.executable, [sys.executable, "-m", "idp", "serve"])
"""
"""Hands sockets over as systemd does."""


def handed(*ones: socket.socket | IO[str]) -> list[str]:
    return [sys.executable, "-c", HANDED, *(str(one.fileno()) for one in ones)]


def test_with_a_socket_of_systemd_not_even_a_restart_refuses_anyone(
    small_acrux: Acrux,
) -> None:
    """The test is systemd: it holds the sockets, while one server ends and the next one begins."""
    port = free_port()
    with (
        socket.create_server(("127.0.0.1", port), reuse_port=True) as first,
        socket.create_server(("127.0.0.1", port), reuse_port=True) as second,
    ):

        def start() -> "subprocess.Popen[str]":
            return subprocess.Popen(
                handed(first, second),
                env=small_acrux.process_environ(),
                pass_fds=(first.fileno(), second.fileno()),
                text=True,
            )

        process = start()
        try:
            until(lambda: ready(f"http://127.0.0.1:{port}"), process)
            with steady(port) as seen:
                for _ in range(2):
                    process.send_signal(signal.SIGTERM)
                    assert process.wait(SECONDS) == 0
                    process = start()
                    until(lambda: ready(f"http://127.0.0.1:{port}"), process)
        finally:
            process.terminate()
            process.wait()
    assert seen.lost == []
    assert seen.refused == 0
    assert set(seen.answers) == {200}


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (socket.SOCK_DGRAM, "handed over is not of TCP"),
        (socket.SOCK_STREAM, "handed over does not listen"),
        (None, "file 3 is none"),
    ],
)
def test_a_socket_that_cannot_be_served_is_named(
    small_acrux: Acrux, kind: socket.SocketKind | None, says: str
) -> None:
    with socket.socket(socket.AF_INET, kind) if kind else Path(os.devnull).open() as one:
        ended = subprocess.run(
            handed(one),
            env=small_acrux.process_environ(),
            pass_fds=(one.fileno(),),
            text=True,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    assert ended.returncode == 1
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
