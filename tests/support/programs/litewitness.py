"""litewitness, a witness for transparency logs, as its authors made it; TLS stands before it."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.support.programs import installed
from tests.support.programs.https import Answer, HttpsServer, Received, https_server
from tests.support.programs.servers import end
from tests.support.site import free_port

START_SECONDS = 20.0


class Witness:
    """A running witness: `key` as it gives it to others, `tls` where it is asked."""

    def __init__(self, folder: Path, name: str, agent: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.tls: HttpsServer
        self._database = folder / "witness.sqlite"
        self._log = folder / "witness.log"
        print_of = _run("ssh-keygen", "-lf", str(folder / "key.pub")).split()[1]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    *(str(installed.GO / "litewitness"), "-name", name, "-key", print_of),
                    *("-db", str(self._database), "-ssh-agent", str(agent)),
                    *("-listen", f"127.0.0.1:{self.port}"),
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.key = self._started()

    def _started(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self._log.read_text()
            found = re.search(r"vkey=(\S+)", self._log.read_text())
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                found = None
            if found:
                return found[1].strip('"')
            time.sleep(0.05)
        raise AssertionError(self._log.read_text())

    def follow(self, key: str) -> None:
        """Let the witness know a log by its verifier key."""
        origin = key.partition("+")[0]
        for words in (("add-log",), ("add-key", "-key", key)):
            program = str(installed.GO / "witnessctl")
            _run(program, words[0], "-db", str(self._database), "-origin", origin, *words[1:])

    def stop(self) -> None:
        end(self._process)

    def answer(self, request: Received) -> Answer:
        """Hand a request on to the witness, and its answer back."""
        asked = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            asked.request(request.method, "/add-checkpoint", request.body)
            said = asked.getresponse()
            kind = {"Content-Type": said.headers.get("Content-Type") or "text/plain"}
            return Answer(said.read(), said.status, kind)
        except OSError:
            return Answer(b"", 502)
        finally:
            asked.close()

    def settings(self) -> Mapping[str, str]:
        """Return settings of a site that asks this witness."""
        return {
            "evidence__witnesses": f"{self.key} {self.tls.url('/w/')}",
            "egress__ca_bundle": str(self.tls.ca_bundle),
        }


@contextmanager
def witness(folder: Path, name: str = "witness.example/w1") -> Iterator[Witness]:
    """A witness that runs inside the `with` and follows no log yet."""
    agent = folder / "agent"
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key"))
    holder = subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(agent)],
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    try:
        _wait_for(agent)
        _run("ssh-add", "-q", str(folder / "key"), SSH_AUTH_SOCK=str(agent))
        made = Witness(folder, name, agent)
        try:
            with https_server({"/w/add-checkpoint": made.answer}, folder) as made.tls:
                yield made
        finally:
            made.stop()
    finally:
        end(holder)


def _wait_for(file: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not file.exists():
        assert time.monotonic() < deadline, f"{file} is not there"
        time.sleep(0.02)


def _run(*words: str, **environ: str) -> str:
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=30, check=False, env={**environ} or None
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
