"""The demo as a process: what the terminal says, that it ends cleanly, that its pages hold."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from idp.demo.cast import CAST
from tests.conftest import leave_out
from tests.support.programs.demo import Demo, command, demo, variables
from tests.support.site import free_port

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for the whole file."""
    with demo(tmp_path_factory.mktemp("demo") / "instance") as started:
        yield started


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_the_terminal_tells_all_one_needs(running: Demo) -> None:
    for part in CAST:
        assert re.search(rf"^  {part.username} +{part.password}  ", running.said, re.M)
    places = ("", "/inbox")
    for address in [running.address + place for place in places]:
        assert re.search(rf" {address}$", running.said, re.M)
    for address in (running.issuer, f"{running.issuer}/account/", f"{running.issuer}/admin/"):
        assert address in running.said
    assert re.search(r"^  (?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}$", running.said, re.M)
    assert "█" in running.said
    assert all(len(line) <= 80 for line in running.said.splitlines() if "Data" not in line)


def test_it_listens_on_this_machine_alone(running: Demo) -> None:
    own = _other_address()
    if own is None:
        leave_out("this machine has no address but the loopback one")
    for address in (running.issuer, running.address):
        port = int(address.rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((own, port), timeout=2)


def test_a_second_start_on_the_same_port_is_refused_in_one_line(
    running: Demo, tmp_path: Path
) -> None:
    port = int(running.issuer.rpartition(":")[2])
    done = subprocess.run(
        command(port, free_port()),
        env=variables(tmp_path / "instance"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"acrux: port {port} is taken by another program: choose one with --port\n"
    )
    assert not (tmp_path / "instance").exists()


def test_it_does_not_run_in_another_environment(tmp_path: Path) -> None:
    done = subprocess.run(
        command(free_port(), free_port()),
        env=variables(tmp_path / "instance", ACRUX_ENV="production"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "ACRUX_ENV=production" in done.stderr


@pytest.mark.parametrize("path", ["/", "/result", "/inbox", "/nothing-here", "/static/harbour.css"])
def test_pages_allow_no_script_and_are_not_kept(
    running: Demo, http: requests.Session, path: str
) -> None:
    answer = http.get(running.address + path, timeout=10)
    assert answer.status_code == (404 if path == "/nothing-here" else 200)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert ("no-store" in answer.headers["Cache-Control"]) != path.startswith("/static")


def test_another_host_name_leads_to_the_right_one(running: Demo, http: requests.Session) -> None:
    port = running.address.rpartition(":")[2]
    answer = http.get(
        f"http://127.0.0.1:{port}/inbox?refresh=on", timeout=10, allow_redirects=False
    )
    assert answer.headers["Location"] == f"{running.address}/inbox?refresh=on"
    strange = {"Host": "attacker.example"}
    answer = http.get(
        f"{running.address}/inbox", headers=strange, timeout=10, allow_redirects=False
    )
    assert answer.headers["Location"] == f"{running.address}/inbox"


def test_an_answer_that_nobody_asked_for_is_refused(running: Demo, http: requests.Session) -> None:
    answer = http.get(f"{running.address}/callback/harbour-payroll?code=c&state=s", timeout=10)
    assert answer.status_code == 400
    assert "mismatching_state" in answer.text


def test_an_answer_from_another_provider_is_refused(running: Demo, http: requests.Session) -> None:
    """RFC 9207 section 2.4."""
    begun = http.get(f"{running.address}/sign-in/ask", timeout=10, allow_redirects=False)
    state = re.search(r"[?&]state=([^&]+)", begun.headers["Location"])
    assert state is not None
    query = f"code=c&state={state.group(1)}&iss=https://attacker.example"
    answer = http.get(f"{running.address}/callback/harbour-payroll?{query}", timeout=10)
    assert answer.status_code == 400
    assert "wrong_issuer" in answer.text


def test_the_cookie_stays_small_however_many_sign_ins_are_begun(
    running: Demo, http: requests.Session
) -> None:
    for _ in range(40):
        http.get(f"{running.address}/sign-in/sign-in", timeout=10, allow_redirects=False)
    assert 0 < len(http.cookies.get("harbour") or "") < 1000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_and_is_the_same_the_next_time(tmp_path: Path, number: int) -> None:
    instance = tmp_path / "instance"
    with demo(instance) as first:
        status, last = first.stop(number)
        assert (status, last.strip()) == (
            0,
            "The demo has stopped. Its data stay for the next time.",
        )
    assert (tmp_path / "demo.log").read_text() == ""
    with demo(instance) as second:
        assert _without_ports(second.said) == _without_ports(first.said)


def _without_ports(said: str) -> str:
    return re.sub(r"localhost:\d+", "localhost", said)


def _other_address() -> str | None:
    """Return an address of this machine that other machines could reach."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        found = str(probe.getsockname()[0])
    return None if found.startswith("127.") else found
