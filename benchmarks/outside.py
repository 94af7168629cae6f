"""One tree's provider, known by its outside alone: its `acrux` command and its WSGI application.

`benchmarks.against` runs this file in a process of its own, whose `idp` is that of the tree in the
working directory. Each line of its input names operations to do, each line of its output says what
they took in CPU time.
"""

import contextlib
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from click.testing import CliRunner
from werkzeug.test import create_environ, run_wsgi_app

import idp
from benchmarks import operations
from benchmarks.load import Ask, Operation, Reply, Unexpected
from benchmarks.operations import CLIENT_ID, PASSWORD, REDIRECT_URI, Browser, Party, Person
from idp.app import create_app
from idp.cli import main as acrux

ISSUER = "https://acrux.invalid"
NAME = "person"
APP_STEP = 30
"""Seconds for which an authenticator app shows one code (RFC 6238 section 4.1, the default)."""
NANO = 1e9


class Clock:
    """The process's clock, moved on before each sign-in, so that one person's app has a new code.

    How far it was moved is kept in a file: what comes later must not meet codes used already.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._moved = int(file.read_text()) if file.exists() else 0
        real = time.time
        time.time = lambda: real() + self._moved

    def move(self) -> None:
        self._moved += APP_STEP
        self._file.write_text(str(self._moved))


class Provider:
    """A tree's application with one client, one person and one browser."""

    def __init__(self, party: Party, clock: Clock, postmaster: int | None) -> None:
        self._app = create_app()
        self._clock = clock
        self._postmaster = postmaster
        self._party = party
        self._browser = Browser()
        self._used = 0.0

    def block(self, load: str, count: int) -> float:
        """Do an operation `count` times; return seconds of CPU time, PostgreSQL's included."""
        walks = [LOADS[load](self) for _ in range(count)]
        gc.collect()
        self._used = 0.0
        before = self._database()
        for walk in walks:
            self._walk(walk)
        return self._used + self._database() - before

    def sign_in(self) -> Operation:
        """A new browser: password, the app's code, and the tokens for it."""
        self._clock.move()
        yield from operations.sign_in(self._party, self._browser)

    def authorize(self) -> Operation:
        """A code from a living session, without any page."""
        reply = yield Ask("GET", self._party.authorize, self._browser.line)
        query = parse_qs(urlsplit(reply.location).query)
        if "code" not in query:
            raise Unexpected(f"no code but {reply.head[:300]!r}")
        return query["code"][0]

    def exchange(self) -> Operation:
        """The redemption of a code; the code itself is made before it counts."""
        code = self._walk(self.authorize())
        return self._token(self._party.redemption + code)

    def refresh(self) -> Operation:
        """Rotate the refresh token."""
        return operations.refresh(self._party, self._browser)

    def client_credentials(self) -> Operation:
        """An access token for the client itself."""
        return operations.client_credentials(self._party, self._browser)

    def userinfo(self) -> Operation:
        """Ask who an access token speaks for."""
        return operations.userinfo(self._party, self._browser)

    def introspection(self) -> Operation:
        """Ask what an access token is worth."""
        return operations.introspection(self._party, self._browser)

    def _token(self, body: str) -> Operation:
        reply = yield Ask("POST", "/token", self._party.basic, body)
        if reply.status != 200:
            raise Unexpected(f"/token: {reply.status} {reply.body[:300]!r}")

    def _walk(self, operation: Operation) -> Any:
        try:
            ask = next(operation)
            while True:
                ask = operation.send(self._call(ask))
        except StopIteration as end:
            return end.value

    def _call(self, ask: Ask) -> Reply:
        """Answer a request; what the application used of the processor is added up."""
        lines = [line.partition(": ") for line in ask.headers.splitlines()]
        environ = create_environ(
            ask.path,
            ISSUER,
            method=ask.method,
            headers=[(name, value) for name, _, value in lines],
            data=ask.body if ask.method == "POST" else None,
            content_type="application/x-www-form-urlencoded" if ask.method == "POST" else None,
        )
        began = time.process_time()
        body, status, headers = run_wsgi_app(self._app, environ)
        content = b"".join(body)
        self._used += time.process_time() - began
        return Reply(int(status[:3]), f"HTTP/1.1 {status}\r\n{headers}".encode(), content)

    def _database(self) -> float:
        """Return the CPU seconds of PostgreSQL's processes; 0 where the system does not tell."""
        if self._postmaster is None:
            return 0.0
        used = 0
        with contextlib.suppress(FileNotFoundError):
            first = self._postmaster
            children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
            for pid in children:
                with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                    used += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        return used / NANO


LOADS: dict[str, Callable[[Provider], Operation]] = {
    "sign-in": Provider.sign_in,
    "authorize": Provider.authorize,
    "exchange": Provider.exchange,
    "refresh": Provider.refresh,
    "client-credentials": Provider.client_credentials,
    "userinfo": Provider.userinfo,
    "introspection": Provider.introspection,
}
"""What is compared, by name; a sign-in comes first, as the others need its session and tokens."""


def _installed(file: Path) -> Party:
    """Return the client and the person in `file`; the first time, make the installation for them.

    The installation is the one that the environment names.
    """
    if not file.exists():
        _command("init")
        client = ("client", "add", "Bench", "--id", CLIENT_ID, "--first-party", "--json")
        grants = "grant_types=authorization_code refresh_token client_credentials"
        members = ("--redirect-uri", REDIRECT_URI, "--set", grants, "--set", "resource_server=yes")
        secret = json.loads(_command(*client, *members))["client_secret"]
        person = ("user", "add", NAME, "--email", f"{NAME}@example.org", "--verified")
        _command(*person, "--password-stdin", said=f"{PASSWORD}\n")
        address = _command("user", "enrol-totp", NAME).strip()
        file.write_text(json.dumps([secret, parse_qs(urlsplit(address).query)["secret"][0]]))
    secret, app_secret = json.loads(file.read_text())
    return Party(secret, [Person(NAME, app_secret)])


def _command(*words: str, said: str | None = None) -> str:
    """Run the tree's `acrux` command in this process; return what it printed."""
    done = CliRunner().invoke(acrux, words, input=said)
    if done.exit_code:
        raise Unexpected(f"acrux {' '.join(words[:2])}: {done.output.strip() or done.exception!r}")
    return done.stdout


def _say(**words: Any) -> None:
    print(json.dumps(words), flush=True)


def main(folder: Path, postmaster: int | None) -> None:
    """Answer each line of the input, until it ends."""
    try:
        if Path(idp.__file__).resolve().parents[1] != Path.cwd():
            raise Unexpected(f"this is not the tree's own code: {idp.__file__}")
        clock = Clock(folder / "moved")
        provider = Provider(_installed(folder / "party"), clock, postmaster)
        answer = provider.block("sign-in", 1)
        # What every process has is not looked through again in the middle of a short block.
        gc.freeze()
        _say(seconds=answer)
        for line in sys.stdin:
            _say(seconds=provider.block(*json.loads(line)))
    except Unexpected as error:
        _say(error=str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else None)
