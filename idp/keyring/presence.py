"""Which processes are at work, and which of the encryption keys each could open values with.

A key that was put on top of the keyring seals what a command makes. A process whose machine has not
got the new file yet opens nothing of that: whoever makes something that all need (a signing key)
asks here first. Owns that question; it never makes or copies a key.
"""

import os
import platform
import threading
from contextlib import suppress

from idp.crypto import Keyring, random_token
from idp.store.db import Work, work
from idp.store.db.connections import Engine
from idp.store.db.schema import DATABASE_ERRORS
from idp.store.service import processes
from idp.store.service.processes import ProcessRow

BEAT_SECONDS = 15
GONE_SECONDS = 50
"""A process that has not written for so long is gone: three beats, and what a slow one takes."""
HURRY_SECONDS = 2.0
"""The database is waited for so long: the next beat comes soon."""


class Presence:
    """A process that says that it is at work, until it ends."""

    def __init__(self, engine: Engine, keyring: Keyring, role: str) -> None:
        """`role` is the command that it belongs to, for those who look for it."""
        self._engine = engine
        self._keyring = keyring
        self._role = role
        self._id = random_token(16)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="acrux-presence", daemon=True)

    def begin(self) -> None:
        """Say so from now on, in a thread of its own."""
        self._thread.start()

    def end(self) -> None:
        """Take the row away; a database that is in trouble keeps it, and nobody waits for that."""
        self._over.set()
        with suppress(*DATABASE_ERRORS), work(self._engine) as unit, unit.hurried(HURRY_SECONDS):
            processes.remove(unit, self._id)

    def say(self) -> None:
        """Write the row, with the keys as the keyring's file has them now."""
        keys = " ".join(sorted(key.hex() for key in self._keyring.openable()))
        with work(self._engine) as unit, unit.hurried(HURRY_SECONDS):
            processes.write(
                unit,
                self._id,
                host=platform.node() or "this machine",
                pid=os.getpid(),
                role=self._role,
                keys=keys,
            )

    def _go_on(self) -> None:
        while True:
            # Whoever asks for a page tells the log when the database is in trouble.
            with suppress(*DATABASE_ERRORS):
                self.say()
            if self._over.wait(BEAT_SECONDS):
                return


def at_work(unit: Work) -> list[ProcessRow]:
    """Return the processes that are at work on this database."""
    return processes.at_work(unit, GONE_SECONDS)


def lacking(unit: Work, keyring: Keyring) -> list[ProcessRow]:
    """Return those that could not open what `keyring` seals now."""
    newest = keyring.key_ids[0].hex()
    return [row for row in at_work(unit) if newest not in row.keys.split()]


def named(rows: list[ProcessRow]) -> str:
    """Return processes by machine, for a line that an operator reads."""
    hosts: dict[str, list[str]] = {}
    for row in rows:
        hosts.setdefault(row.host, []).append(f"{row.pid} ({row.role})")
    return "; ".join(f"{host}: {', '.join(pids)}" for host, pids in hosts.items())
