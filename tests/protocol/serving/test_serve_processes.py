"""The processes of `acrux serve`: what crashes, a killed parent and many passwords leave."""

import os
import signal
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.protocol.cli.test_cli_serve import SECONDS, ready, until, workers_of
from tests.protocol.command import Acrux
from tests.support.site import Site, free_port
from tests.support.stand_ins.smtp import self_signed

pytestmark = pytest.mark.slow

MEGABYTE = 1024
"""As /proc counts, in kB."""


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_crashes_within_seconds_end_no_server(small_acrux: Acrux) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with small_acrux.running("serve", "--bind", f"127.0.0.1:{port}", "--workers", "2") as process:
        until(lambda: ready(url) and len(workers_of(process)) == 2, process)
        steady, victim = workers_of(process)
        for _ in range(3):
            os.kill(victim, signal.SIGKILL)
            known = {steady, victim}
            until(lambda known=known: set(workers_of(process)) - known, process)  # type: ignore[misc]
            (victim,) = set(workers_of(process)) - known
        until(lambda: ready(url), process)
        assert steady in workers_of(process), "whoever is well goes on"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0


def test_no_process_outlives_a_main_process_that_was_killed(small_acrux: Acrux) -> None:
    port = free_port()
    with small_acrux.running("serve", "--bind", f"127.0.0.1:{port}", "--workers", "2") as process:
        until(lambda: ready(f"http://127.0.0.1:{port}") and len(workers_of(process)) == 2, process)
        workers = workers_of(process)
        process.kill()
        process.wait(SECONDS)
        deadline = time.monotonic() + SECONDS
        while any(map(is_alive, workers)):
            assert time.monotonic() < deadline, "they serve on, looked after by nobody"
            time.sleep(0.05)
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_server_says_that_it_serves_when_it_does(small_acrux: Acrux) -> None:
    port = free_port()
    with small_acrux.running("serve", "--bind", f"127.0.0.1:{port}", "--workers", "1") as process:
        assert process.stderr
        assert "is served at" in process.stderr.readline()
        with socket.create_connection(("127.0.0.1", port), 1):
            pass
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)


def test_a_server_that_cannot_serve_does_not_say_so(small_acrux: Acrux, tmp_path: Path) -> None:
    """Its workers fail, each in turn; it gives up on the series and says what happened."""
    certificate = self_signed(tmp_path)
    key = certificate.read_text()
    words = ("serve", "--bind", f"127.0.0.1:{free_port()}", "--workers", "1")
    with small_acrux.running(*words, "--cert", str(certificate), "--key", str(certificate)) as one:
        certificate.write_text(key.replace("BEGIN CERTIFICATE", "BEGIN NOTHING"))
        said = one.communicate(timeout=SECONDS)[1]
    assert one.returncode == 1
    assert "is served" not in said


@pytest.mark.parametrize("options", [(), ("--tls12",)])
def test_tls_1_2_is_spoken_only_when_asked_for(
    small_acrux: Acrux, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """BCP 195: with TLS 1.2 the server's library has a suite that its list has not."""
    file, port = str(self_signed(tmp_path)), free_port()
    words = ("serve", "--bind", f"127.0.0.1:{port}", "--workers", "1", *options)
    with small_acrux.running(*words, "--cert", file, "--key", file) as process:
        until(lambda: ready(f"https://127.0.0.1:{port}", verify=file), process)
        assert spoken(port, file, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
        older = spoken(port, file, ssl.TLSVersion.TLSv1_2)
        assert older == ("TLSv1.2" if options else None)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)


def spoken(port: int, authority: str, newest: ssl.TLSVersion) -> str | None:
    """Return the version agreed on with a client that knows none beyond `newest`."""
    context = ssl.create_default_context(cafile=authority)
    context.check_hostname = False
    context.maximum_version = newest
    with socket.create_connection(("127.0.0.1", port), SECONDS) as plain:
        try:
            with context.wrap_socket(plain) as found:
                return found.version()
        except (ssl.SSLError, ConnectionError):
            return None


def resident(pid: int) -> int:
    """Return the memory of a process that is its own, in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0])


def test_passwords_leave_no_memory_behind(tmp_path: Path) -> None:
    """Each takes 19 MiB for a moment, in whichever thread."""
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    costs = {"password__argon2_memory": 19456, "password__argon2_parallel": 8}
    site = Site(tmp_path, url, throttle__source_limit=1000, **costs)
    site.person("aroha")
    app = site.application()

    def guess(number: int) -> None:
        browser = site.browser()
        browser.authorize(app)
        browser.sign_in(f"nobody{number}", "a wrong guess of mine")

    with site.serve(workers=1, cold=True), ThreadPoolExecutor(12) as pool:
        (worker,) = workers_of(site.process)
        guess(0)
        before = resident(worker)
        list(pool.map(guess, range(1, 49)))
        assert resident(worker) < before + 60 * MEGABYTE
    site.close()
