"""What the machine gives: the core that a process runs on, and the CPU time that it used.

Everything here works where the system has /proc and CPU affinity (Linux) and says so elsewhere.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int, int] | None:
    """Return a core for the server and one for the load; None: there are no two to choose from."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else None


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Stay on one core, and let every process started within stay there; None: anywhere."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Reading:
    """Seconds since some fixed moment: of the clock, and of CPU time."""

    clock: float
    server: float
    """Used by the measured processes."""
    core: float
    """For which the server's core was not idle, whatever kept it busy."""
    load: float
    """Used by this process, which makes the load."""

    def since(self, earlier: "Reading") -> "Reading":
        """Return what went by between two readings."""
        return Reading(
            self.clock - earlier.clock,
            self.server - earlier.server,
            self.core - earlier.core,
            self.load - earlier.load,
        )


def read(processes: Iterable[int], core: int | None) -> Reading:
    """Read the clocks for the trees of `processes`."""
    return Reading(time.perf_counter(), _used(set(processes)), _busy(core), time.process_time())


def memory(root: int) -> float:
    """Return the MiB that a process and its kin have: what they share is counted once (PSS)."""
    kilobytes = 0
    for pid in _trees({root}):
        with suppress(OSError):
            rows = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
            kilobytes += sum(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
    return kilobytes / 1024


def _used(roots: set[int]) -> float:
    """Return the CPU time of process trees, with that of children which have ended."""
    return sum(_trees(roots).values()) / _TICKS


def _trees(roots: set[int]) -> dict[int, int]:
    """Return the processes of trees, each with the ticks that it and its ended children used."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for file in PROC.glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(file.parent.name)
        parents[pid], ticks[pid] = int(fields[1]), sum(map(int, fields[11:15]))

    def belongs(pid: int) -> bool:
        while pid and pid not in roots:
            pid = parents.get(pid, 0)
        return pid in roots

    return {pid: used for pid, used in ticks.items() if belongs(pid)}


def _busy(core: int | None) -> float:
    if core is None or not (PROC / "stat").exists():
        return 0.0
    for line in (PROC / "stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _idle, _wait, *more = map(int, line.split()[1:9])
            return (user + nice + system + sum(more)) / _TICKS
    return 0.0


def signature_microseconds() -> float:
    """Return what one RSA-2048 signature costs now: the yardstick between machines and days."""
    key = rsa.generate_private_key(65537, 2048)
    taken = []
    for _ in range(300):
        began = time.perf_counter()
        key.sign(b"x" * 500, padding.PKCS1v15(), hashes.SHA256())
        taken.append(time.perf_counter() - began)
    return median(taken) * 1e6
