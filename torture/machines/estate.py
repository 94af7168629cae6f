"""The estate: databases, two machines with Acrux, and the one that the world sees."""

import http.client
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.programs.documented import program
from tests.support.programs.https import write_authority
from tests.support.site import Site, by_keyword
from tests.support.stand_ins.smtp import mail_server
from tests.support.stand_ins.twilio import fake_twilio
from torture.builds import ROOT
from torture.house import GENEROUS, GRANTS, House, make_people
from torture.machines.databases import FILES, NAME, Databases
from torture.machines.network import US, Machine, Network
from torture.web import Door

ISSUER = "https://id.example.org"
FRONT = "id.example.org"
HOSTS = {
    FRONT: "192.0.2.10",
    "id1": "192.0.2.21",
    "id2": "192.0.2.22",
    "db1": "192.0.2.31",
    "db2": "192.0.2.32",
    "db3": "192.0.2.33",
}
WORKERS = 1
START_SECONDS = 240


class Servers:
    """`acrux serve` on its machines, behind the one door."""

    def __init__(
        self, machines: list[Machine], site: Site, database: Databases, door: Door
    ) -> None:
        self.machines = machines
        self._door = door
        file = ("ACRUX_SERVER__ISSUER", "ACRUX_SERVER__TRUSTED_PROXIES")
        self._environ = {name: value for name, value in site.environ.items() if name not in file}
        here = f"{NAME}:{database.password}@127.0.0.1/{NAME}"
        self._environ["ACRUX_DATABASE__URL"] = f"postgresql+psycopg://{here}"
        self._environ["ACRUX_CONFIG"] = str(FILES / "acrux.toml")
        self._keyring = site.folder / "keyring"

    def set_up(self) -> None:
        for machine in self.machines:
            instance = machine.disk / "instance"
            instance.mkdir()
            shutil.copy(self._keyring, instance / "keyring")
            (machine.disk / "haproxy").mkdir()
            shutil.copy(FILES / "haproxy-database.cfg", machine.disk / "haproxy/haproxy.cfg")
            self.switch_on(machine)

    def switch_on(self, machine: Machine) -> None:
        """Give a machine its power: what systemd starts there comes up."""
        machine.switch_on({"haproxy": "/etc/haproxy"})
        start_haproxy(machine)
        words = [sys.executable, "-m", "idp", "serve", "--bind", "0.0.0.0:5000"]
        environ = self._environ | {"ACRUX_INSTANCE__PATH": str(machine.disk / "instance")}
        environ |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        again = ["sh", "-c", 'while :; do "$@"; sleep 1; done', "as-systemd-does"]
        machine.start("serve.log", [*again, *words, "--workers", str(WORKERS)], **environ)

    def command(self, *words: str) -> "subprocess.CompletedProcess[bytes]":
        """Run an `acrux` command on a machine that is there."""
        machine = next(machine for machine in self.machines if machine.is_on)
        environ = {**os.environ, **self._environ, "PYTHONPATH": str(ROOT)}
        environ["ACRUX_INSTANCE__PATH"] = str(machine.disk / "instance")
        command = machine.entered([sys.executable, "-m", "idp", *words])
        return subprocess.run(command, check=False, env=environ, capture_output=True)

    def ready(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return self._door.get("/readyz", 6)[0] == 200
        return False

    def until_ready(self, seconds: float = START_SECONDS) -> float:
        """Wait until the one door leads to a server that can do its work; return how long.

        Raises:
            TimeoutError: it does not.
        """
        began = time.monotonic()
        while not self.ready():
            if time.monotonic() - began > seconds:
                raise TimeoutError("not ready")
            time.sleep(0.1)
        return time.monotonic() - began

    def until_all_ready(self) -> None:
        """Wait until every machine can do its work.

        Raises:
            TimeoutError: one cannot.
        """
        until = time.monotonic() + START_SECONDS
        while not self.all_ready():
            if time.monotonic() > until:
                raise TimeoutError("a machine with Acrux is not ready")
            time.sleep(0.5)

    def all_ready(self) -> bool:
        """Return True if every machine by itself says that it is ready."""
        with suppress(OSError, http.client.HTTPException):
            return all(Door(5000, each.name).get("/readyz", 6)[0] == 200 for each in self.machines)
        return False


@dataclass
class Estate(House):
    """A house of several machines."""

    server: Servers  # type: ignore[assignment]
    databases: Databases = field(kw_only=True)


def start_haproxy(machine: Machine) -> None:
    """Start HAProxy with the file at its place."""
    words = [str(program("haproxy")), "-db", "-f", "/etc/haproxy/haproxy.cfg"]
    machine.start("haproxy.log", words)


@contextmanager
def running(folder: Path, *, lossy: bool = False) -> Iterator[Estate]:
    """Set up all of it in `folder`, and end it. For a process in namespaces of its own."""
    with ExitStack() as stack:
        network = Network(folder, HOSTS)
        stack.callback(network.close)
        machines = {n: Machine(n.partition(".")[0], a, folder) for n, a in network.hosts.items()}
        stack.callback(_switch_off, list(machines.values()))
        databases = Databases([machines[f"db{n}"] for n in (1, 2, 3)], lossy=lossy)
        databases.set_up()
        carrier, mail = stack.enter_context(fake_twilio()), stack.enter_context(mail_server())
        stack.enter_context(
            _relayed(folder, {urlsplit(carrier.url).port or 0: 8101, mail.port: 8102})
        )
        instance = folder / "instance"
        instance.mkdir()
        settings = {
            **by_keyword(carrier.settings()),
            **by_keyword(mail.settings()),
            **GENEROUS,
            "server__issuer": ISSUER,
            "sms__twilio_api": f"http://{US}:8101",
            "mail__host": US,
            "mail__port": 8102,
        }
        site = Site(instance, databases.url(), **settings)
        stack.callback(site.close)
        app = site.application(grant_types=GRANTS)
        front = machines[FRONT]
        door = Door(443, FRONT, _front(front, folder), seen=True)
        servers = Servers([machines["id1"], machines["id2"]], site, databases, door)
        people = make_people(site)
        servers.set_up()
        _switch_on_front(front)
        servers.until_all_ready()
        servers.until_ready()
        yield Estate(
            *("postgresql", folder, site, servers, carrier, mail, app, people, None, door),
            databases=databases,
        )


def _front(machine: Machine, folder: Path) -> ssl.SSLContext:
    """Write what HAProxy needs there; return how its certificate is verified."""
    place = machine.disk / "haproxy"
    place.mkdir()
    shutil.copy(write_authority(folder, [FRONT]), place / "id.example.org.pem")
    shutil.copy(FILES / "haproxy-web.cfg", place / "haproxy.cfg")
    return ssl.create_default_context(cafile=str(folder / "authority.pem"))


def _switch_on_front(machine: Machine) -> None:
    machine.switch_on({"haproxy": "/etc/haproxy"})
    start_haproxy(machine)


@contextmanager
def _relayed(folder: Path, ports: dict[int, int]) -> Iterator[None]:
    """Let machines reach what listens on loopback here: the mail server, the carrier."""
    lines = ["defaults", "    mode tcp", "    timeout connect 3s", "    timeout client 1m"]
    lines.append("    timeout server 1m")
    for inner, outer in ports.items():
        lines += [f"listen to_{inner}", f"    bind {US}:{outer}", f"    server s 127.0.0.1:{inner}"]
    file = folder / "relay.cfg"
    file.write_text("\n".join(lines) + "\n")
    process = subprocess.Popen([str(program("haproxy")), "-db", "-f", str(file)])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _switch_off(machines: list[Machine]) -> None:
    for machine in machines:
        if machine.is_on:
            machine.switch_off()
