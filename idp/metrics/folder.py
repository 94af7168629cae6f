"""Where the processes of a machine keep their figures, and how those of all are read together.

Each process writes files of its own (the library's multiprocess mode), and holds a lock as long as
it lives, which the kernel opens when it ends, however it ends. So no figure of a dead process is
taken for the present: what it held is gone, and what it counted is added to the past.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client import values
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from idp.crypto import random_token

log = logging.getLogger("acrux.metrics")
PAST = "past"
"""Who counted what dead processes have counted."""
KINDS = {"counter": 1 << 20, "histogram": 1 << 21, "gauge_livesum": 1 << 16}
"""Files of a process, and their size in bytes: room for every label there may be."""
_COUNTS = ("counter", "histogram")


class Folder:
    """The figures of this machine's processes. Any number of them share one folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._life: int | None = None

    def join(self) -> None:
        """Keep figures of this process here, from now to its end.

        Raises:
            OSError: there is no room for them, or no right to write.
        """
        self._path.mkdir(mode=0o700, exist_ok=True)
        name = f"{os.getpid()}-{random_token(6).replace('_', '-')}"
        with self._alone():
            if not any(map(self._lives, self._names())):
                # A first start counts from nothing, as Prometheus expects it.
                self._clear()
            life = os.open(self._lock_of(name), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(life, fcntl.LOCK_EX)
            self._life = life
        for kind, size in KINDS.items():
            _make_room(self._path / f"{kind}_{name}.db", size)
        # Where the library looks for it.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(self._path)  # noqa: TID251
        values.ValueClass = values.MultiProcessValue(lambda: name)

    def has_anyone(self) -> bool:
        """Return True if a process that is alive keeps figures here."""
        return self._path.is_dir() and any(map(self._lives, self._names()))

    def collect(self) -> Iterator[Metric]:
        """Yield what all processes hold and have counted; forget what the dead ones held."""
        with self._alone():
            self._bury()
            files = [str(file) for file in self._path.glob("*.db") if file.stat().st_size]
            yield from MultiProcessCollector.merge(files)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only one who begins here, or reads and buries."""
        number = os.open(self._path / "folder", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
            yield
        finally:
            os.close(number)

    def _names(self) -> set[str]:
        return {file.stem for file in self._path.glob("*.lock")}

    def _lock_of(self, name: str) -> Path:
        return self._path / f"{name}.lock"

    def _lives(self, name: str) -> bool:
        try:
            number = os.open(self._lock_of(name), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(number)
        return False

    def _bury(self) -> None:
        for name in self._names():
            if self._lives(name):
                continue
            for kind in _COUNTS:
                self._add_to_past(kind, self._path / f"{kind}_{name}.db")
            for file in self._path.glob(f"*_{name}.db"):
                file.unlink()
            self._lock_of(name).unlink()

    def _add_to_past(self, kind: str, dead: Path) -> None:
        if not dead.exists():
            return
        past, coming = self._path / f"{kind}_{PAST}.db", self._path / f"{kind}.coming"
        sums: dict[str, float] = {}
        for file in (past, dead):
            if file.exists() and file.stat().st_size:
                for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file)):
                    sums[key] = sums.get(key, 0.0) + value
        with suppress(FileNotFoundError):
            coming.unlink()
        _make_room(coming, KINDS[kind])
        merged = MmapedDict(str(coming))
        for key, total in sums.items():
            merged.write_value(key, total, 0.0)
        merged.close()
        # Whole or not at all, and first of all: a count may not go down.
        coming.replace(past)
        dead.unlink()

    def _clear(self) -> None:
        for file in self._path.iterdir():
            if file.suffix in (".db", ".lock", ".coming"):
                file.unlink()


def _make_room(file: Path, size: int) -> None:
    """Take the room on the disk now: a full one would end a process that writes later."""
    number = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(number, 0, size)
    finally:
        os.close(number)
