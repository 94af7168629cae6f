"""Files that are there whole or not at all: written under another name, and only then named.

Each is readable by its owner alone, from its first byte on, and never takes another's place.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from idp.crypto import random_name
from idp.errors import CommandError

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@contextmanager
def draft(beside: Path) -> Iterator[Path]:
    """Yield an empty file beside the one to be made; it is gone afterwards, whatever happened.

    What another left there that was killed is taken away first.

    Raises:
        CommandError: there is no room, or the folder takes no file.
    """
    _sweep(beside)
    path = beside.with_name(f".{beside.name}.{random_name(6)}{_END}")
    handle = None
    try:
        handle = _held(path)
        yield path
    except OSError as error:
        raise CommandError(f"{_why(error, beside)}; nothing was kept") from None
    finally:
        _remove(path)
        if handle is not None:
            os.close(handle)


_END = ".part"


def _held(path: Path) -> int:
    """Make the file and hold it against `_sweep`."""
    while True:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle
        # Another swept it away between the two.
        os.close(handle)


def _sweep(beside: Path) -> None:
    """Remove drafts of such files that no process holds any more."""
    for path in beside.parent.glob(f".*{beside.suffix}.*{_END}"):
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(path)
            finally:
                os.close(handle)


def _remove(path: Path) -> None:
    for each in (path, *(path.with_name(path.name + end) for end in _BESIDE)):
        with suppress(FileNotFoundError):
            each.unlink()


_BESIDE = ("-journal", "-wal", "-shm")
"""What SQLite may leave beside a file."""


def _why(error: OSError, path: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"there is no room for it in {path.parent}"
    return f"{path} cannot be written: {error.strerror or error}"


def put(finished: Path, path: Path) -> None:
    """Give a finished file its name, on the disk before this returns.

    Raises:
        CommandError: there is one of that name; it stays as it is.
    """
    sync(finished)
    try:
        os.link(finished, path)
    except FileExistsError:
        raise CommandError(f"{path} is there already: nothing was overwritten") from None
    except OSError as error:
        # A file system without links (FAT, some shares): the same but for two who come at once.
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            raise CommandError(f"{path} is there already: nothing was overwritten") from None
        os.rename(finished, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
