"""Backups that were made of this database, and those that it was restored from.

The rows are about the database that they stand in: a backup's own is written after it was made, and
so is never in it.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import Backup
from idp.store.rows import reader


@dataclass(frozen=True)
class BackupRow:
    """A backup that was made; or, with `restored_at`, one that was put back here."""

    id: str
    made_at: int
    epoch: int
    restored_at: int | None


_ROW = reader(BackupRow, Backup)
_MADE = Statement(
    "INSERT INTO backup (id, made_at, epoch) VALUES (:id, :made_at, :epoch) ON CONFLICT DO NOTHING"
)
_RESTORED = Statement(
    "INSERT INTO backup (id, made_at, epoch, restored_at) VALUES (:id, :made_at, :epoch, :now)"
    " ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, restored_at = excluded.restored_at"
)
_NEWEST = Statement(
    f"SELECT {_ROW.columns} FROM backup WHERE restored_at IS NULL ORDER BY made_at DESC LIMIT 1"
)
_RESTORE = Statement(
    f"SELECT {_ROW.columns} FROM backup WHERE restored_at IS NOT NULL ORDER BY epoch DESC LIMIT 1"
)
_EPOCH = Statement("SELECT MAX(epoch) FROM backup")


def note_made(work: Work, backup_id: str, made_at: int, epoch: int) -> None:
    """Note that a backup of this database was made."""
    work.run(_MADE, id=backup_id, made_at=made_at, epoch=epoch)


def note_restored(work: Work, backup_id: str, made_at: int, epoch: int) -> None:
    """Note that this database is what a backup of the second `made_at` held, and a new epoch."""
    work.run(_RESTORED, id=backup_id, made_at=made_at, epoch=epoch, now=clock.now())


def newest(work: Work) -> BackupRow | None:
    """Return the backup that was made last of what is here now; None: none is known."""
    return _ROW.one(work.one(_NEWEST))


def last_restore(work: Work) -> BackupRow | None:
    """Return what this database was restored from last; None when it never was."""
    return _ROW.one(work.one(_RESTORE))


def epoch(work: Work) -> int:
    """Return how often this installation was restored."""
    return int(work.value(_EPOCH) or 0)
