"""Debian's PgBouncer in transaction mode before a database of the tests' PostgreSQL.

Three connections for everyone, so that a statement soon meets another's session. It has a folder
of its own and runs as the account that PostgreSQL runs as.
"""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.programs.postgres import USER
from tests.support.stand_ins.smtp import free_port

START_SECONDS = 30
CONFIGURATION = """\
[databases]
* = host={socket} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
logfile = {folder}/log
"""


def why_missing() -> str | None:
    """Say why there can be none here; None when there can."""
    if executable() is None:
        return "no pgbouncer (Debian: install pgbouncer)"
    if os.geteuid() == 0 and _ordinary_user() is None:
        return "it will not run as root, and there is no user `postgres` to run it as"
    return None


def executable() -> str | None:
    """Return the path of PgBouncer: Debian keeps it off an ordinary user's PATH."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


@contextmanager
def before(url: str, folder: Path) -> Iterator[str]:
    """Run PgBouncer before the database at `url` (on a socket); yields the address through it.

    `folder` is empty, and in one that every account may enter.
    """
    name, _, query = url.partition("@/")[2].partition("?")
    port = free_port()
    text = CONFIGURATION.format(
        socket=query.removeprefix("host="), user=USER, port=port, folder=folder
    )
    (folder / "ini").write_text(text)
    program = executable()
    assert program is not None
    process = subprocess.Popen([program, "-q", "ini"], cwd=folder, **_owner(folder))
    try:
        _wait(process, port, folder)
        yield f"postgresql+psycopg://{USER}@127.0.0.1:{port}/{name}"
    finally:
        process.terminate()
        process.wait(15)


def _owner(folder: Path) -> dict[str, Any]:
    """Return whom to run it as, who then owns its folder."""
    user = _ordinary_user() if os.geteuid() == 0 else None
    if user is None:
        return {}
    for file in (folder, *folder.iterdir()):
        shutil.chown(file, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, (folder / "log").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2):
            return
    raise AssertionError("PgBouncer did not start")


def _ordinary_user() -> pwd.struct_passwd | None:
    with suppress(KeyError):
        return pwd.getpwnam("postgres")
    return None
