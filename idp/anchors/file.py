"""A file that holds every checkpoint, in a place that whoever writes to the database cannot change.

With it an auditor sees a tail that was cut off and a history that was written anew. So do we:
nothing is added to a file that knows more of the ledger than the database does.
"""

import fcntl
import json
import os
from io import BufferedRandom
from pathlib import Path

from idp.evidence.canonical import canonical
from idp.ledger.keys import LedgerError
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.ledger import log
from idp.store.ledger.log import CheckpointRow

_TAIL = 16_384
"""Bytes at the end in which the last line is looked for: a checkpoint has a few hundred."""


def follow(engine: Engine, path: Path) -> int:
    """Append the checkpoints that the file lacks, durably; return over how many rows its last is.

    Lines are those of docs/ledger.md "Anchors". One that was not finished is written again. Any
    number of processes of one machine may call it.

    Raises:
        LedgerError: the file cannot be written, or what it has is not what the database has.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o640), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            return _append(engine, path, file)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise LedgerError(f"the file {path} cannot be kept: {error}") from None


def _append(engine: Engine, path: Path, file: BufferedRandom) -> int:
    kept = _last(file)
    with db.work(engine) as work:
        newest = log.newest(work)
        known = _size(kept) if kept else 0
        until = newest.size if newest else 0
        there = log.checkpoints(work, known - 1, known) if known else []
        added = log.checkpoints(work, known, until)
    if kept and [row.note for row in there] != [kept]:
        raise LedgerError(
            f"the file {path} has a checkpoint over {known} rows that the database has not:"
            " it was set back, or its history was written anew"
        )
    file.write(b"".join(map(_line, added)))
    file.flush()
    os.fsync(file.fileno())
    return max(known, until)


def _last(file: BufferedRandom) -> str | None:
    """Return the last checkpoint of the file, and leave it at the end of that line."""
    end = file.seek(0, os.SEEK_END)
    start = max(end - _TAIL, 0)
    file.seek(start)
    tail = file.read()
    whole = tail.rfind(b"\n") + 1
    file.seek(start + whole)
    file.truncate()
    lines = tail[:whole].splitlines()
    return str(json.loads(lines[-1])["checkpoint"]) if lines else None


def _size(note: str) -> int:
    """Return over how many rows a checkpoint is (C2SP tlog-checkpoint: the second line)."""
    return int(note.split("\n")[1])


def _line(row: CheckpointRow) -> bytes:
    return canonical({"checkpoint": row.note}) + b"\n"
