"""The file of a backup: a tar of exactly two members, the manifest and the database.

Any `tar` opens it. It is read here by its own bytes alone: both headers must be the very ones that
are written, so that a member that is a link, has a path, comes twice or is hidden behind the end is
a damaged file, and nothing is ever unpacked by a name that a file gives.
"""

import hashlib
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from idp.backup import manifest
from idp.backup.manifest import Manifest
from idp.errors import CommandError

MANIFEST = "manifest.json"
LONGEST_MANIFEST = 1024 * 1024
_BLOCK = 512
_RECORD = 10240
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Opened:
    """A backup whose manifest was read; `start` is where the database begins in the file."""

    path: Path
    file: BinaryIO
    manifest: Manifest
    start: int


def sha256(path: Path) -> str:
    """Return the digest of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(target: BinaryIO, about: Manifest, database: Path) -> None:
    """Write a backup of a database file that `about` tells of."""
    text = about.whole()
    target.write(_header(MANIFEST, len(text), about.made_at) + _padded(text))
    target.write(_header(about.part, about.size, about.made_at))
    with database.open("rb") as source:
        while chunk := source.read(_CHUNK):
            target.write(chunk)
    target.write(bytes(_length(about, len(text)) - target.tell()))


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a backup, and read its manifest.

    Raises:
        CommandError: it cannot be read, is none, or is damaged as far as was looked.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    with file:
        yield _open(path, file)


def _open(path: Path, file: BinaryIO) -> Opened:
    size = _size_in(_read(file, _BLOCK, path), MANIFEST)
    if size is None or size > LONGEST_MANIFEST:
        raise CommandError(f"{path} is no backup of Acrux, or its beginning is damaged")
    found = _padded_part(file, size, path)
    about = manifest.read(found)
    first = _header(MANIFEST, size, about.made_at)
    second = _header(about.part, about.size, about.made_at)
    start = file.tell() + _BLOCK
    file.seek(0)
    if _read(file, _BLOCK, path) != first:
        raise _damaged(path)
    file.seek(start - _BLOCK)
    if _read(file, _BLOCK, path) != second:
        raise _damaged(path)
    there = os.fstat(file.fileno()).st_size
    if there != _length(about, size):
        how = "cut off" if there < _length(about, size) else "longer than it was made"
        raise CommandError(f"{path} is {how}: it is damaged")
    return Opened(path, file, about, start)


def copy_database(backup: Opened, target: BinaryIO | None = None) -> None:
    """Read the database of a backup to its end, and into `target`, if there is one.

    Raises:
        CommandError: it is not what the manifest says. What was written is worth nothing then.
    """
    file, left, sum_ = backup.file, backup.manifest.size, hashlib.sha256()
    file.seek(backup.start)
    while left:
        chunk = _read(file, min(_CHUNK, left), backup.path)
        left -= len(chunk)
        sum_.update(chunk)
        if target is not None:
            target.write(chunk)
    rest = file.read()
    if sum_.hexdigest() != backup.manifest.sha256 or rest.strip(b"\0"):
        raise _damaged(backup.path)


def _damaged(path: Path) -> CommandError:
    return CommandError(f"{path} is damaged: it is not what was written when it was made")


def _header(name: str, size: int, at: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, at, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _size_in(header: bytes, name: str) -> int | None:
    """Return the size that a header gives, None when it is not that of a plain file `name`."""
    try:
        info = tarfile.TarInfo.frombuf(header, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError):
        return None
    return info.size if info.name == name and info.isreg() and info.size >= 0 else None


def _padding(size: int) -> int:
    return -size % _BLOCK


def _padded(text: bytes) -> bytes:
    return text + bytes(_padding(len(text)))


def _length(about: Manifest, size: int) -> int:
    """Return how long the whole file is: both members, two empty blocks, to a full record."""
    used = 4 * _BLOCK + size + _padding(size) + about.size + _padding(about.size)
    return used + -used % _RECORD


def _padded_part(file: BinaryIO, size: int, path: Path) -> bytes:
    raw = _read(file, size + _padding(size), path)
    if raw[size:].strip(b"\0"):
        raise _damaged(path)
    return raw[:size]


def _read(file: BinaryIO, size: int, path: Path) -> bytes:
    raw = file.read(size)
    if len(raw) != size:
        raise CommandError(f"{path} is cut off: it is damaged, or no backup of Acrux")
    return raw
