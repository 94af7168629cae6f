"""The installation under torture: database, people, application, stand-ins, processes."""

import http.client
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.installation import cluster
from idp.web.layer import Frame
from tests.support.applications.application import Application
from tests.support.programs import postgres
from tests.support.recovery import give_codes
from tests.support.site import PASSWORD, Site, by_keyword
from tests.support.stand_ins.smtp import FakeMailServer, mail_server
from tests.support.stand_ins.twilio import FakeTwilio, fake_twilio
from torture.builds import Build
from torture.web import Door

START_SECONDS = 60
WORKERS = 2
_LINK = re.compile(r"https?://\S+?(/l/[\w-]+)")
_CODE = re.compile(r"\b(\d{6})\b")
PEOPLE = 48
GRANTS = ["authorization_code", "refresh_token", "client_credentials"]
GENEROUS = {
    "oidc__cache": 5,
    "oidc__refresh_grace": 2,
    "mail__per_hour": 100000,
    "sms__per_hour": 100000,
    "sms__per_prefix": 100000,
    "sms__per_installation": 100000,
    "enrolment__proof": "none",
}
"""Settings under which the load is not throttled, and what is told twice is told soon."""


@dataclass
class Person:
    """Somebody who signs in, and what they alone know. One thread at a time has them."""

    username: str
    sub: str
    phone: str
    secret: str
    codes: list[str] = field(default_factory=list)
    password: str = PASSWORD
    used_step: int = 0
    unsure: bool = False
    """A change of the password was not answered: it is the old one or the new one."""

    @property
    def email(self) -> str:
        return f"{self.username}@example.org"


class Server:
    """`acrux serve` of one build, started, killed and started again."""

    def __init__(self, site: Site, build: Build, folder: Path) -> None:
        self._site = site
        self._build = build
        self.armed = folder / "armed"
        self.armed.mkdir()
        self.log = folder / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.environ = {**os.environ, **site.environ, "PYTHONPATH": str(build.root)}
        self.environ |= {"TORTURE_ARMED": str(self.armed), "PYTHONDONTWRITEBYTECODE": "1"}

    @property
    def root(self) -> Path:
        """Where the files of the version are that is served."""
        return self._build.root

    def command(self, *words: str) -> "subprocess.CompletedProcess[bytes]":
        """Run an `acrux` command of this build."""
        command = [sys.executable, "-m", "idp", *words]
        return subprocess.run(
            command, check=False, env=self.environ, cwd=self._build.root, capture_output=True
        )

    def start(self) -> None:
        bind = f"127.0.0.1:{self._site.port}"
        command = [sys.executable, "-m", "idp", "serve", "--bind", bind, "--workers", str(WORKERS)]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, env=self.environ, cwd=self._build.root, stdout=log, stderr=log
            )

    def ready(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return Door(self._site.port).get("/readyz", 2)[0] == 200
        return False

    def until_ready(self, seconds: float = START_SECONDS) -> float:
        """Wait until it answers; return after how many seconds.

        Raises:
            TimeoutError: it does not.
        """
        began = time.monotonic()
        while not self.ready():
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"not ready: {self.log.read_text()[-1500:]}")
            time.sleep(0.1)
        return time.monotonic() - began

    def workers(self) -> list[int]:
        """Return the processes below the main one."""
        assert self.process is not None
        main = self.process.pid
        return [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]

    def kill(self) -> None:
        """End all of it at once, as a power cut would."""
        assert self.process is not None
        for pid in [self.process.pid, *self.workers()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@dataclass
class House:
    """Everything that a run needs."""

    database: str
    folder: Path
    site: Site
    server: Server
    carrier: FakeTwilio
    mail: FakeMailServer
    app: Application
    people: list[Person]
    cluster: postgres.Cluster | None
    door: Door
    others: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    """Programs that a fault started, to be ended with the house."""

    @property
    def cookie(self) -> str:
        """What the cookie of a session is called."""
        mine = self.site.installation
        looks = mine.post.looks
        return Frame(mine.settings, mine.engine, mine.keyring, looks, str).cookie_name

    def texted_code(self, person: Person, after: int) -> str:
        """Return the newest code texted to somebody since there were `after` messages, or ""."""
        for message in reversed(self.carrier.messages[after:]):
            found = _CODE.search(message["body"])
            if message["to"] == person.phone and found:
                return found[1]
        return ""

    def mailed_link(self, person: Person, known: int) -> str:
        """Return the newest link mailed to somebody since there were `known` mails."""
        for mail in reversed(self.mail.mails[known:]):
            found = _LINK.search(mail.text) if person.email in mail.recipients else None
            if found:
                return found[1]
        return ""

    def reset_links(self, person_email: str) -> int:
        """Return how many different links arrived at an address."""
        arrived = [mail for mail in self.mail.mails if person_email in mail.recipients]
        return len({found[1] for mail in arrived if (found := _LINK.search(mail.text))})


@contextmanager
def running(database: str, folder: Path, build: Build) -> Iterator[House]:
    """Make an installation on `database` (sqlite or postgresql) and serve it from `build`."""
    with ExitStack() as stack:
        carrier = stack.enter_context(fake_twilio())
        mail = stack.enter_context(mail_server())
        server = stack.enter_context(cluster(folder)) if database == "postgresql" else None
        url = server.create_database() if server else f"sqlite:///{folder / 'acrux.db'}"
        instance = folder / "instance"
        instance.mkdir()
        settings = {
            "evidence__every": 1,
            **by_keyword(carrier.settings()),
            **by_keyword(mail.settings()),
            **GENEROUS,
            "server__trusted_proxies": "127.0.0.1,::1",
        }
        site = Site(instance, url, **settings)
        stack.callback(site.close)
        app = site.application(grant_types=GRANTS)
        people = make_people(site)
        process = Server(site, build, folder)
        stack.callback(process.stop)
        process.start()
        process.until_ready()
        door = Door(site.port)
        house = House(database, folder, site, process, carrier, mail, app, people, server, door)
        stack.callback(_end_others, house)
        yield house


def make_people(site: Site) -> list[Person]:
    """Add everyone who will sign in."""
    return [_person(site, number) for number in range(PEOPLE)]


def _person(site: Site, number: int) -> Person:
    name, phone, secret = f"person{number}", f"+64211{number:06}", site.secret()
    texts = number % 4 == 3
    sub = site.person(name, phone=phone, totp=None if texts else secret, sms=texts)
    codes = list(give_codes(site, name))
    return Person(name, sub, phone, "" if texts else secret, codes)


def _end_others(house: House) -> None:
    for process in house.others:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def new_password() -> str:
    return "harbour kettle " + secrets.token_hex(8)


class Loot:
    """What an attacker found: values that were used, or that belong to others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, list[dict[str, str]]] = {}

    def add(self, kind: str, **values: str) -> None:
        with self._lock:
            kept = self._found.setdefault(kind, [])
            kept.append(values)
            del kept[:-200]

    def any(self, kind: str) -> dict[str, str] | None:
        with self._lock:
            kept = self._found.get(kind)
            return secrets.choice(kept) if kept else None
