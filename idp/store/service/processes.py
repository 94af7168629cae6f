"""Processes that are at work on this database, each of which writes its own row every few seconds.

A row that is not written any more is of a process that is gone. Owns the rows; what the keys mean
is `idp.keyring.presence`'s.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import Process
from idp.store.rows import reader


@dataclass(frozen=True)
class ProcessRow:
    """A process: `role` is the command it belongs to, `keys` the ids that it opens with, in hex."""

    id: str
    host: str
    pid: int
    role: str
    keys: str
    seen_at: int


_ROW = reader(ProcessRow, Process)
_WRITE = Statement(
    "INSERT INTO process (id, host, pid, role, keys, started_at, seen_at)"
    " VALUES (:id, :host, :pid, :role, :keys, :now, :now)"
    " ON CONFLICT (id) DO UPDATE SET keys = excluded.keys, seen_at = excluded.seen_at"
)
_AT_WORK = Statement(
    f"SELECT {_ROW.columns} FROM process WHERE seen_at > :since ORDER BY host, pid, id"
)
_REMOVE = Statement("DELETE FROM process WHERE id = :id")


def write(work: Work, process_id: str, *, host: str, pid: int, role: str, keys: str) -> None:
    """Say that a process is at work now, and which keys it opens with."""
    now = clock.now()
    work.run(_WRITE, id=process_id, host=host[:64], pid=pid, role=role, keys=keys, now=now)


def at_work(work: Work, seconds: int) -> list[ProcessRow]:
    """Return the processes that wrote their row within so many seconds."""
    return _ROW.all(work.all(_AT_WORK, since=clock.now() - seconds))


def remove(work: Work, process_id: str) -> None:
    """A process is about to end."""
    work.run(_REMOVE, id=process_id)
