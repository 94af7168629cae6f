"""Three machines with etcd, Patroni and PostgreSQL: set up by the files in `config/machines/`."""

import json
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from torture.machines.network import Machine

FILES = Path(__file__).parents[2] / "config/machines"
PLACES = {
    "etcd": "/var/lib/etcd",
    "postgresql": "/var/lib/postgresql",
    "patroni": "/etc/patroni",
    "run": "/run/postgresql",
}
START_SECONDS = 240
CLIENTS = 2379
"""etcd's port, and Patroni's."""
PATRONI = 8008
NAME = "acrux"
"""Of the database and of the service's role."""


class Databases:
    """The cluster as its own programs tell of it."""

    def __init__(self, machines: Sequence[Machine], *, lossy: bool = False) -> None:
        """`lossy`: a COMMIT waits for no standby. For showing that this is found."""
        self.machines = machines
        self.password = secrets.token_hex(12)
        self._superuser = secrets.token_hex(12)
        self._lossy = lossy

    def set_up(self) -> None:
        """Write the files, start everything, and make the database. Takes half a minute."""
        passwords = {
            "FIRST-PASSWORD": self._superuser,
            "SECOND-PASSWORD": secrets.token_hex(12),
            "THIRD-PASSWORD": secrets.token_hex(12),
        }
        for machine in self.machines:
            for folder, owner in zip(PLACES, ("etcd", *["postgres"] * 3), strict=True):
                (machine.disk / folder).mkdir()
                shutil.chown(machine.disk / folder, owner, owner)
            (machine.disk / "patroni/config.yml").write_text(self._patroni(machine, passwords))
            machine.switch_on(PLACES)
            self._start_etcd(machine)
        _until(self._etcd_is_well, "etcd")
        for machine in self.machines:
            self.start_patroni(machine)
        self.until_whole()
        with self.connect("postgres") as admin:
            role = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            admin.execute(role.format(sql.Identifier(NAME), self.password))
            owned = sql.SQL("CREATE DATABASE {} OWNER {}")
            admin.execute(owned.format(sql.Identifier(NAME), sql.Identifier(NAME)))

    def switch_on(self, machine: Machine) -> None:
        """Give a machine its power back: what systemd starts there comes up."""
        machine.switch_on(PLACES)
        self._start_etcd(machine)
        self.start_patroni(machine)

    def start_patroni(self, machine: Machine) -> None:
        machine.start("patroni.log", ["patroni", "/etc/patroni/config.yml"], user="postgres")

    def _start_etcd(self, machine: Machine) -> None:
        lines = (FILES / "etcd.env").read_text().replace("HERE", machine.name).splitlines()
        environ = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        machine.start("etcd.log", ["etcd"], user="etcd", **environ)

    def _patroni(self, machine: Machine, passwords: dict[str, str]) -> str:
        text = (FILES / "patroni.yml").read_text().replace("HERE", machine.name)
        one, other = (each.name for each in self.machines if each is not machine)
        text = text.replace("ONE:", f"{one}:").replace("OTHER:", f"{other}:")
        for old, new in passwords.items():
            text = text.replace(old, new)
        if self._lossy:
            text = text.replace("synchronous_mode: true", "synchronous_mode: false")
            text = text.replace("synchronous_mode_strict: true", "synchronous_mode_strict: false")
        return text

    def url(self) -> str:
        """Return a URL that names every machine, of which the primary is taken."""
        hosts = ",".join(machine.name for machine in self.machines)
        more = f"host={hosts}&target_session_attrs=read-write"
        return f"postgresql+psycopg://{NAME}:{self.password}@/{NAME}?{more}"

    def connect(self, name: str = NAME) -> psycopg.Connection:
        """Connect to the primary as its administrator."""
        return psycopg.connect(
            host=",".join(machine.name for machine in self.machines),
            target_session_attrs="read-write",
            user="postgres",
            password=self._superuser,
            dbname=name,
            autocommit=True,
            connect_timeout=3,
        )

    # -- what Patroni says

    def ask(self, machine: Machine, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask Patroni on a machine; None where it says nothing that can be understood.

        With a `body` something is done, and what it says about that is text.
        """
        patience = 30 if body else 3
        with (
            suppress(OSError, HTTPException, ValueError),
            closing(HTTPConnection(machine.name, PATRONI, timeout=patience)) as asked,
        ):
            asked.request("POST" if body else "GET", path, json.dumps(body) if body else None)
            said = asked.getresponse().read().decode()
            return said if body else json.loads(said)
        return None

    def members(self) -> list[dict[str, Any]]:
        """Return the members as a living one knows them; none while nobody answers."""
        for machine in self.machines:
            if machine.is_on and (said := self.ask(machine, "/cluster")):
                found: list[dict[str, Any]] = said["members"]
                return found
        return []

    def by_role(self, role: str) -> Machine:
        """Return the machine that is `leader` or `sync_standby`, or any that is `replica`."""
        names = [member["name"] for member in self.members() if member["role"] == role]
        return next(machine for machine in self.machines if machine.name in names)

    @property
    def primary(self) -> Machine:
        return self.by_role("leader")

    def switch_over(self) -> str:
        """Have another one be the primary, as before work on a machine; return Patroni's word."""
        leader = self.primary
        return str(self.ask(leader, "/switchover", {"leader": leader.name}))

    def is_whole(self) -> bool:
        """Return True if all are there, follow the primary, and one of them is waited for."""
        members = self.members()
        roles = sorted(member["role"] for member in members)
        wanted = ["leader", "replica", "replica" if self._lossy else "sync_standby"]
        following = all(m.get("lag", 0) == 0 or m["role"] == "leader" for m in members)
        states = all(member["state"] in ("running", "streaming") for member in members)
        one_past = len({member.get("timeline") for member in members}) == 1
        return roles == wanted and states and following and one_past

    def until_whole(self) -> None:
        _until(self.is_whole, "Patroni")

    def _etcd_is_well(self) -> bool:
        with suppress(OSError, HTTPException):
            for machine in self.machines:
                with closing(HTTPConnection(machine.name, CLIENTS, timeout=2)) as asked:
                    asked.request("GET", "/health")
                    if b'"true"' not in asked.getresponse().read():
                        return False
            return True
        return False


def _until(well: Callable[[], bool], name: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not well():
        if time.monotonic() > until:
            raise TimeoutError(f"{name} is not well")
        time.sleep(0.5)
