"""The faults, by name: each is done to a house under load, and over when it returns."""

import os
import resource
import shlex
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from idp.store.ledger import turns
from torture.builds import POINTS
from torture.house import House

Act = Callable[[House, Random], None]
BOTH = ("sqlite", "postgresql")
CRASH_SECONDS = 8.0
"""For how long a crash point that no one reaches is waited at."""


@dataclass(frozen=True)
class Fault:
    """Something that happens: `act` begins it, and returns when it is over."""

    act: Act
    databases: tuple[str, ...] = BOTH


def nothing(house: House, chance: Random) -> None:
    """No fault: what the load does by itself."""
    time.sleep(2)


def kill_worker(house: House, chance: Random) -> None:
    """SIGKILL for one of the processes below the main one."""
    with suppress(ProcessLookupError, IndexError):
        os.kill(chance.choice(house.server.workers()), signal.SIGKILL)
    time.sleep(0.5)


def kill_server(house: House, chance: Random) -> None:
    """SIGKILL for all processes, and a start."""
    house.server.kill()
    house.server.start()


def restart(house: House, chance: Random) -> None:
    """SIGTERM, and a start."""
    house.server.stop()
    house.server.start()


def reload(house: House, chance: Random) -> None:
    """SIGHUP: other processes take over."""
    assert house.server.process is not None
    house.server.process.send_signal(signal.SIGHUP)
    time.sleep(4)


SEAL_SECONDS = CRASH_SECONDS + turns.LEASE_SECONDS
"""The same for a point of the sealer: the turn of one that was killed before has to run out."""


def crash_point(name: str) -> Act:
    """SIGKILL for whichever process reaches a point first."""

    def act(house: House, chance: Random) -> None:
        armed = house.server.armed / name
        armed.touch()
        longest = SEAL_SECONDS if name.startswith("seal-") else CRASH_SECONDS
        until = time.monotonic() + longest
        while armed.exists():
            if time.monotonic() > until:
                armed.unlink(missing_ok=True)
                raise TimeoutError(f"no process came to the point {name!r}")
            time.sleep(0.05)

    return act


def disk_full(house: House, chance: Random) -> None:
    """No process of the server may write to a file any more, as on a full disk, for some seconds.

    A limit of each process, not a small disk: it needs no rights, and ends with the process.
    """
    limits = {}
    for pid in house.server.workers():
        with suppress(ProcessLookupError):
            limits[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, limits[pid][1]))
    time.sleep(4)
    for pid, limit in limits.items():
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


def locked(house: House, chance: Random) -> None:
    """Another process holds the SQLite file for some seconds."""
    file = str(house.site.installation.engine.url.database)
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(5)
        other.execute("ROLLBACK")


def terminated(house: House, chance: Random) -> None:
    """pg_terminate_backend of every connection."""
    assert house.cluster is not None
    with house.cluster.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname LIKE 'test_%'"
        )


def frozen(house: House, chance: Random) -> None:
    """All of PostgreSQL stands still for some seconds."""
    assert house.cluster is not None
    with house.cluster.frozen():
        time.sleep(5)


def crowded(house: House, chance: Random) -> None:
    """Others take every connection that PostgreSQL has, once ours were thrown out."""
    assert house.cluster is not None
    taken: list[psycopg.Connection] = []
    with suppress(psycopg.OperationalError):
        while len(taken) < 500:
            taken.append(house.cluster.connect())
            if len(taken) == 20:
                terminated(house, chance)
    time.sleep(4)
    for connection in taken:
        connection.close()


def database_restarted(house: House, chance: Random) -> None:
    """PostgreSQL crashes (immediate shutdown), and comes back after a moment."""
    assert house.cluster is not None
    data = house.cluster.directory / "data"
    command = shlex.split((data / "postmaster.opts").read_text())
    os.kill(house.cluster.processes()[0], chance.choice([signal.SIGQUIT, signal.SIGINT]))
    while (house.cluster.directory / ".s.PGSQL.5432.lock").exists():
        time.sleep(0.05)
    time.sleep(3)
    with (house.cluster.directory / "log").open("a") as log:
        _keep(house, subprocess.Popen(command, stdout=log, stderr=log, **_as_owner(data)))
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(psycopg.OperationalError), house.cluster.connect():
            return
        time.sleep(0.1)
    raise TimeoutError("PostgreSQL did not come back")


def _keep(house: House, process: "subprocess.Popen[bytes]") -> None:
    house.others.append(process)


def _as_owner(data: Path) -> dict[str, Any]:
    owner = data.stat()
    return {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}


def clock_ahead(house: House, chance: Random) -> None:
    """The clock jumps a minute ahead and back again."""
    house.site.clock_file.write_text("60")
    time.sleep(4)
    house.site.clock_file.write_text("0")


def carrier(house: House, chance: Random) -> None:
    """Twilio is slow, closes connections, refuses, talks nonsense."""
    ways = [
        lambda: house.carrier.slow(3),
        house.carrier.drop,
        lambda: house.carrier.refuse(20500),
        lambda: house.carrier.answer(200, "<html>"),
    ]
    for way in ways:
        way()
        time.sleep(2)
    house.carrier.work()


def mail_server(house: House, chance: Random) -> None:
    """The mail server refuses for a while, is gone for a while, and refuses the text."""
    house.mail.refuse_with = "451 4.3.0 Later"
    time.sleep(3)
    house.mail.refuse_with = ""
    house.mail.refuse_text_with = "451 4.3.0 Later"
    time.sleep(2)
    house.mail.refuse_text_with = ""


def keys_rotated(house: House, chance: Random) -> None:
    """Signing keys are replaced: in the ordinary way, and at once."""
    for words in (("keys", "rotate"), ("keys", "rotate", "--now")):
        house.server.command(*words)


def backup(house: House, chance: Random) -> None:
    """A backup is made of what is served."""
    file = house.folder / f"{time.monotonic_ns()}.acrux-backup"
    done = house.server.command("backup", str(file))
    checked = house.server.command("backup", "--check", str(file))
    if done.returncode or checked.returncode:
        raise AssertionError((done.stderr + checked.stderr).decode())


_NEXT = '''"""One version later.

Revision ID: {revision}
"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("token", sa.Column("later_{revision}", sa.String(9)))
    op.create_index("ix_later_{revision}", "event", ["reason", "id"])
'''


def upgraded(house: House, chance: Random) -> None:
    """Another version takes over, and the one before it serves to the last: also on its schema."""
    versions = house.server.root / "migrations" / "versions"
    before = max(path.name[:4] for path in versions.glob("[0-9]*.py"))
    revision = f"{int(before) + 1:04}"
    migration = _NEXT.format(revision=revision, before=before)
    (versions / f"{revision}_later.py").write_text(migration)
    done = house.server.command("upgrade")
    if done.returncode:
        raise AssertionError((done.stdout + done.stderr).decode())
    time.sleep(3)
    reload(house, chance)


SQLITE, POSTGRESQL = BOTH[:1], BOTH[1:]
ON_ONE = {"commit-together": SQLITE, "commit-alone": POSTGRESQL}
"""Points that are on the way to one of the databases only."""
FAULTS: dict[str, Fault] = {
    "none": Fault(nothing),
    "worker killed": Fault(kill_worker),
    "server killed": Fault(kill_server),
    "restart": Fault(restart),
    "reload": Fault(reload),
    **{f"crash at {name}": Fault(crash_point(name), ON_ONE.get(name, BOTH)) for name in POINTS},
    "disk full": Fault(disk_full, SQLITE),
    "SQLite locked": Fault(locked, SQLITE),
    "backends terminated": Fault(terminated, POSTGRESQL),
    "PostgreSQL frozen": Fault(frozen, POSTGRESQL),
    "PostgreSQL crowded": Fault(crowded, POSTGRESQL),
    "PostgreSQL restarted": Fault(database_restarted, POSTGRESQL),
    "clock ahead": Fault(clock_ahead),
    "Twilio in trouble": Fault(carrier),
    "SMTP in trouble": Fault(mail_server),
    "keys rotated": Fault(keys_rotated),
    "backup": Fault(backup),
    "upgraded": Fault(upgraded),
}
