"""The installation that is measured: made by `acrux init` and served by `acrux serve`.

It lives in a folder of its own and ends with the run. Production settings throughout, so Argon2id
at its real cost, commits that survive a power cut, and the default caches.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pyotp
from argon2 import PasswordHasher

from benchmarks import machine, profiles
from benchmarks.load import Connection, Operation, Unexpected
from benchmarks.operations import (
    CLIENT_ID,
    PASSWORD,
    REDIRECT_URI,
    Browser,
    Party,
    Paths,
    Person,
)
from idp import crypto
from idp.app import create_app
from idp.authenticators.password import Password
from idp.installation import Installation
from idp.store import credentials, db, people
from idp.store.oidc import clients
from tests.support.programs import postgres

HOST = "127.0.0.1"
START_SECONDS = 30
# The server's own defaults otherwise: each commit is flushed to the disk.
DURABLE = {"listen_addresses": ""}


@dataclass
class Site:
    """A running provider with its database, people, client, and one browser per connection."""

    name: str
    party: Party
    port: int
    browsers: list[Browser]
    processes: list[int]
    """What is measured: the provider's first, then PostgreSQL's."""
    started: float
    """Seconds from the start to the first answer."""
    enter: Callable[[Browser], Operation] | None = None
    """How a browser of this provider gets a session and tokens; None: as at Acrux."""
    environ: dict[str, str] = field(default_factory=dict)
    """Acrux's own; empty for a peer, whose SQL is not counted."""
    beside: str = ""
    """The Acrux on the same database, for a peer."""

    @contextmanager
    def connections(self) -> Iterator[list[Connection]]:
        """Open one connection for each browser; the server drops those that stay idle."""
        with ExitStack() as stack:
            found = []
            for _ in self.browsers:
                connection = Connection(HOST, self.port)
                stack.callback(connection.socket.close)
                found.append(connection)
            yield found


@contextmanager
def running(
    database: str,
    folder: Path,
    *,
    people_count: int,
    connections: int,
    core: int | None,
    strict: bool = False,
) -> Iterator[Site]:
    """Make an installation on `database` (sqlite or postgresql) and serve it on `core`.

    `strict`: it has what `profiles` measures, and a proxy in front of it.
    """
    with ExitStack() as stack:
        stack.enter_context(machine.on_core(core))
        url, roots = "", []
        if database == "postgresql":
            server = stack.enter_context(cluster(folder))
            url = server.create_database()
            roots.append(server.processes()[0])
        settings = environ(folder, url)
        browsers = [Browser() for _ in range(connections)]
        if strict:
            settings |= _strict(folder, browsers)
        _command(settings, "init")
        party = _fill(settings, people_count, profiles.clients() if strict else {})
        port = free_port()
        words = [sys.executable, "-m", "idp", "serve", "--workers", "1", "--bind", f"{HOST}:{port}"]
        pid, seconds = stack.enter_context(served(words, settings, folder, port))
        name = f"Acrux {database}"
        yield Site(name, party, port, browsers, [pid, *roots], seconds, environ=settings)


def environ(folder: Path, url: str) -> dict[str, str]:
    """Return the environment of an installation in `folder`; an empty URL stands for SQLite."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ACRUX_")}
    return inherited | {
        "ACRUX_ENV": "production",
        "ACRUX_SERVER__ISSUER": "https://acrux.invalid",
        "ACRUX_INSTANCE__PATH": str(folder / "instance"),
        "ACRUX_DATABASE__URL": url,
        "ACRUX_ENROLMENT__PROOF": "none",
    }


def _command(environ: dict[str, str], *words: str) -> None:
    command = [sys.executable, "-m", "idp", *words]
    done = subprocess.run(command, check=False, env=environ, capture_output=True, text=True)
    if done.returncode:
        raise Unexpected(f"acrux {words[0]}: {done.stderr.strip()}")


def _strict(folder: Path, browsers: Sequence[Browser]) -> dict[str, str]:
    """Give each browser a certificate; return the settings that believe in it."""
    authority, line = profiles.certificates()
    file = folder / "authority.pem"
    file.write_bytes(authority)
    for browser in browsers:
        browser.more["certificate"] = line
    return profiles.settings(str(file))


def _fill(environ: dict[str, str], count: int, more: Mapping[str, Any]) -> Party:
    """Add the client and the people; one hash serves all, as making each would take minutes."""
    installation: Installation = create_app(environ).extensions["acrux_installation"]
    rules = installation.settings.password
    hashed = PasswordHasher(rules.argon2_time, rules.argon2_memory, rules.argon2_lanes).hash(
        PASSWORD
    )
    secret = crypto.random_token()
    members = [Person(f"person{n}", pyotp.random_base32(32)) for n in range(count)]
    metadata = json.dumps(
        {
            "redirect_uris": [REDIRECT_URI],
            "first_party": True,
            "grant_types": [
                *("authorization_code", "refresh_token", "client_credentials"),
                profiles.DEVICE,
            ],
            "resource_server": True,
        }
    )
    with db.work(installation.engine) as work:
        clients.add(work, CLIENT_ID, "Bench", crypto.digest(secret), metadata)
        for client_id, data in more.items():
            clients.add(work, client_id, client_id, None, json.dumps(data))
        for member in members:
            _add(work, installation, member, hashed)
    installation.engine.dispose()
    return Party(secret, members)


def _add(work: db.Work, installation: Installation, member: Person, hashed: str) -> None:
    name = member.username
    person_id = people.add(
        work,
        username=name,
        email=f"{name}@example.org",
        name=name.capitalize(),
        verified=True,
    )
    for method, value in ((Password.ability.method, hashed), ("totp", member.secret)):
        credential_id = crypto.random_token(16)
        credentials.add(
            work,
            credential_id=credential_id,
            person_id=person_id,
            method=method,
            label=method,
            secret=installation.keyring.seal(value.encode(), credentials.place(credential_id)),
        )


@contextmanager
def served(
    words: Sequence[str],
    environ: dict[str, str],
    folder: Path,
    port: int,
    *,
    at: Path | None = None,
    first: str = Paths.discovery,
    patience: float = START_SECONDS,
) -> Iterator[tuple[int, float]]:
    """Run a server in the folder `at`; yields its process id, and its seconds to a first answer.

    That is of the address `first`, and is waited for so many seconds.
    """
    log = folder / "serve.log"
    began = time.perf_counter()
    with log.open("w") as output:
        process = subprocess.Popen(words, env=environ, stdout=output, stderr=output, cwd=at)
    try:
        _wait(process, port, log, first, patience)
        yield process.pid, time.perf_counter() - began
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(
    process: "subprocess.Popen[bytes]", port: int, log: Path, first: str, patience: float
) -> None:
    deadline = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            asked = http.client.HTTPConnection(HOST, port, timeout=START_SECONDS)
            with closing(asked):
                asked.request("GET", first)
                if asked.getresponse().status == 200:
                    return
        time.sleep(0.02)
    raise Unexpected(f"the server did not start: {log.read_text()[-2000:]}")


@contextmanager
def cluster(folder: Path, **options: str) -> Iterator[postgres.Cluster]:
    """Run a private PostgreSQL whose commits reach the disk, with further `options` of it."""
    folder.chmod(0o755)
    alive = folder / "alive"
    os.mkfifo(alive, 0o644)
    end = os.open(alive, os.O_RDWR)
    try:
        with mock.patch.object(postgres, "SERVER_OPTIONS", {**DURABLE, **options}):
            server = postgres.shared_cluster(folder, alive)
        yield server
    finally:
        os.close(end)
        postgres.wait_until_stopped(folder)


def free_port() -> int:
    """Return a port of loopback that no one listens on."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
