"""A private PostgreSQL cluster for one test run: makes it, hands out databases, ends it.

It listens on a Unix socket in the run's own directory alone, so it never meets a server that
already runs on this machine, and it lives exactly as long as the run, even when that is killed.
"""

import fcntl
import os
import pwd
import secrets
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

USER = "acrux"
START_SECONDS = 60
STOP_SECONDS = 20
KEPT = "kept"
"""The folder beside the data of a cluster that has them as they were before it was started."""
# A test database is thrown away: what only protects it from a power cut is switched off.
SERVER_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "max_wal_size": "128MB",
}


@dataclass(frozen=True)
class Cluster:
    """A running server. `directory` holds its socket, whose name ends with `port`."""

    directory: Path
    port: int = 5432

    def new_url(self) -> str:
        """Return the SQLAlchemy URL of a database that is not there yet."""
        return f"postgresql+psycopg://{USER}@/test_{secrets.token_hex(8)}?host={self.directory}"

    def create_database(self, url: str = "") -> str:
        """Create an empty database, at `url` if there is one, and return its SQLAlchemy URL."""
        url = url or self.new_url()
        with self.connect() as connection:
            copy_database(connection, "template1", database_name(url))
        return url

    def drop_database(self, url: str) -> None:
        """Remove a database that `create_database` made, even while others are connected to it."""
        with self.connect() as connection:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(database_name(url))))

    def processes(self) -> list[int]:
        """Return the server's processes, the one that takes connections first."""
        first = int((self.directory / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text()
        return [first, *map(int, children.split())]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop all of the server where it stands, as a machine that hangs does, and let it go on.

        For a cluster of one's own: no one else of the run gets an answer meanwhile.
        """
        with self.frozen_later() as freeze:
            freeze()
            yield

    @contextmanager
    def frozen_later(self) -> Iterator[Callable[[], None]]:
        """The same, from the moment on at which what is yielded is called."""
        stopped: list[int] = []

        def freeze() -> None:
            stopped.extend(self.processes())
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)

        try:
            yield freeze
        finally:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the server for good, without waiting for who is connected."""
        first, *_ = self.processes()
        os.kill(first, signal.SIGINT)
        socket_file = self.directory / f".s.PGSQL.{self.port}"
        assert _wait_for(lambda: not socket_file.exists(), STOP_SECONDS)

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        """Connect as the owner of the cluster, each statement its own transaction."""
        return psycopg.connect(
            host=str(self.directory), port=self.port, user=USER, dbname=name, autocommit=True
        )


def database_name(url: str) -> str:
    """Return what the database of a URL is called."""
    return url.partition("@/")[2].partition("?")[0]


def copy_database(connection: psycopg.Connection, template: str, name: str) -> None:
    """Make the database `name` as a copy of `template`, to which no one may be connected."""
    # Copying the files takes half as long as copying through the log, which is the default from 15.
    by_files = connection.info.server_version >= 15_00_00
    statement = "CREATE DATABASE {} TEMPLATE {}" + (" STRATEGY FILE_COPY" if by_files else "")
    connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))


def why_missing() -> str | None:
    """Say why no cluster can be started here; None when one can."""
    if _binaries() is None:
        return "no initdb on the PATH or in /usr/lib/postgresql (Debian: install postgresql)"
    if os.geteuid() == 0 and _unprivileged_user() is None:
        return "it will not run as root, and there is no user `postgres` to run it as"
    return None


def shared_cluster(run_directory: Path, alive: Path, like: Cluster | None = None) -> Cluster:
    """Return the cluster of this test run; the first process to ask starts it.

    `alive` is a FIFO that the run holds open: the cluster ends when the run closes it or dies.
    It is a copy of `like` as that was when it was made: making one takes ten times as long.
    Raises RuntimeError when the server does not start.
    """
    cluster = Cluster(run_directory / "postgres", int(SERVER_OPTIONS.get("port", Cluster.port)))
    with (run_directory / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cluster.directory.exists():
            cluster.directory.mkdir(mode=0o700)
            _start(cluster, alive, like)
    return cluster


def wait_until_stopped(run_directory: Path) -> None:
    """After `alive` is closed, wait until the server has left its directory."""
    _wait_for(lambda: not (run_directory / "postgres" / "data").exists(), STOP_SECONDS)


def _start(cluster: Cluster, alive: Path, like: Cluster | None) -> None:
    """Make the cluster and start it under a shell that ends it when `alive` has no writer left."""
    binaries = _binaries()
    assert binaries is not None
    identity = _identity(cluster.directory)
    data, kept = cluster.directory / "data", cluster.directory / KEPT
    initdb = [
        *(binaries / "initdb", "--pgdata", data, "--username", USER, "--auth=trust"),
        *("--encoding=UTF8", "--no-locale", "--no-sync"),
    ]
    copy, keep = ["cp", "-a", like.directory / KEPT if like else "", data], ["cp", "-a", data, kept]
    made_by = _shell(copy) if like else f"{_shell(initdb)} && {_shell(keep)}"
    options = {**SERVER_OPTIONS, "unix_socket_directories": cluster.directory}
    server = [binaries / "postgres", "-D", data, *(f"--{k}={v}" for k, v in options.items())]
    # The outer shell returns at once; the inner one outlives this process, as other tests need it.
    # QUIT stops the server without waiting for anyone, but a shell's background job ignores it
    # until the server has set its own handlers: hence TERM before it.
    script = (
        f"exec 3<&0; {{ {made_by}; }} || exit 1; "
        f"({_shell(server)} 3<&- & cat <&3; "
        f"kill -TERM $!; kill -QUIT $!; wait; {_shell(['rm', '-rf', kept, data])}) &"
    )
    log = cluster.directory / "log"
    with log.open("w") as output, _end_of(alive) as end:
        made = subprocess.run(
            ["/bin/sh", "-c", script],
            check=False,
            cwd=cluster.directory,
            stdin=end,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **identity,
        )
    if made.returncode != 0 or not _wait_for(lambda: _answers(cluster), START_SECONDS):
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")


def _shell(words: Sequence[object]) -> str:
    return shlex.join(map(str, words))


def _identity(directory: Path) -> dict[str, Any]:
    """Return whom to run the server as: PostgreSQL refuses root, so root hands over `directory`."""
    user = _unprivileged_user() if os.geteuid() == 0 else None
    if user is None:
        return {}
    shutil.chown(directory, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def _end_of(fifo: Path) -> Iterator[int]:
    """Open a FIFO so that reading it ends when its last writer is gone, or was gone before."""
    end = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(end, True)
    try:
        yield end
    finally:
        os.close(end)


def _answers(cluster: Cluster) -> bool:
    with suppress(psycopg.OperationalError), cluster.connect():
        return True
    return False


def _wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll until the condition holds; False when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _binaries() -> Path | None:
    """Find the newest PostgreSQL of this machine: Debian keeps its versions off the PATH."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda path: float(path.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _unprivileged_user() -> pwd.struct_passwd | None:
    with suppress(KeyError):
        return pwd.getpwnam("postgres")
    return None
