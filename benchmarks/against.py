"""`--against REV`: CPU time per operation of another revision and of the working tree, in turn.

Both are measured by this code, which knows them by their outside alone (`benchmarks.outside`): it
works across revisions in which modules have other names.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import installation, ratios
from benchmarks.load import Unexpected
from benchmarks.ratios import Round

ROOT = Path(__file__).parents[1]
BEFORE, AFTER = "before", "after"
BLOCK = 0.025
"""Seconds of CPU time that one side is measured for at a time."""
GENERATION = 30.0
"""Seconds after which new processes take over: where one's memory lies is a chance of its own."""
STARTS = 4
"""Times as long as the processes' start, at least, they are measured for."""


@dataclass(frozen=True)
class Place:
    """One side's tree, and the installation that is its own on one database."""

    tree: Path
    benchmarks: Path
    """The tree with the benchmarks for both."""
    folder: Path
    environ: Mapping[str, str]
    postmaster: int | None


class Driven:
    """A process of `benchmarks.outside`."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process = process
        self._log = log

    def block(self, load: str, count: int) -> float:
        """Return the CPU seconds for one of `count` operations."""
        assert self._process.stdin is not None
        print(json.dumps([load, count]), file=self._process.stdin, flush=True)
        return self.answer() / count

    def answer(self) -> float:
        """Return the number of the next answer.

        Raises:
            Unexpected: an operation failed, or the process ended.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        said: dict[str, Any] = (
            json.loads(line) if line else {"error": self._log.read_text()[-2000:]}
        )
        if "error" in said:
            raise Unexpected(said["error"])
        return float(said["seconds"])


def commit(revision: str) -> str:
    """Return the commit that a revision of this repository names.

    Raises:
        Unexpected: there is none, or no git to ask.
    """
    if shutil.which("git") is None:
        raise Unexpected("--against needs git")
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    found = _git(*words)
    if found.returncode:
        raise Unexpected(f"this repository has no revision {revision!r}")
    return found.stdout.decode().strip()


def compare(
    revision: str, *, databases: Sequence[str], loads: Sequence[str], seconds: float
) -> str:
    """Measure the working tree against a revision for so long; return the table with its head.

    Raises:
        Unexpected: there is no such revision, or one of the two does not do an operation.
    """
    known = commit(revision)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="acrux-against-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        trees = {BEFORE: _unpacked(known, folder / BEFORE), AFTER: _copied(folder / AFTER)}
        places = {db: stack.enter_context(_places(db, folder / db, trees)) for db in databases}
        measure = Measure(places, loads)
        while not measure.whole or time.monotonic() < start + seconds:
            measure.generation(start + seconds)
        same = _requirements(trees[BEFORE]) == _requirements(trees[AFTER])
    subject = _git("log", "-1", "--format=%h %s", known).stdout.decode().strip()
    head = f"before: {subject}\nafter: the working tree\nCPU time of the provider and PostgreSQL"
    if not same:
        head += "\nrequirements.txt is not the same: both ran with the packages of the working tree"
    return f"{head}\n\n{ratios.table(measure.rounds)}"


class Measure:
    """The rounds so far, of each operation on each database."""

    def __init__(self, places: Mapping[str, Mapping[str, Place]], loads: Sequence[str]) -> None:
        self._places = places
        self.rounds: dict[tuple[str, str], list[Round]] = {
            (load, database): [] for load in loads for database in places
        }
        self._counts: dict[tuple[str, str], int] = {}

    @property
    def whole(self) -> bool:
        """Whether each operation was measured at least once on each database."""
        return all(self.rounds.values())

    def generation(self, last: float) -> None:
        """Measure with new processes for a while, at most until the clock shows `last`."""
        began = time.monotonic()
        with ExitStack() as stack:
            driven = {
                (database, side): stack.enter_context(_driven(place))
                for database, sides in self._places.items()
                for side, place in sides.items()
            }
            for one in driven.values():
                one.answer()
            for load, database in self.rounds:
                self._warm(load, database, [driven[database, side] for side in (BEFORE, AFTER)])
            started = time.monotonic()
            end = min(last, started + max(GENERATION, STARTS * (started - began)))
            turn = (BEFORE, AFTER)
            while time.monotonic() < end or not self.whole:
                self._all_once(driven, turn, end)
                turn = turn[::-1]

    def _all_once(
        self, driven: Mapping[tuple[str, str], Driven], turn: Sequence[str], end: float
    ) -> None:
        for (load, database), rounds in self.rounds.items():
            if time.monotonic() >= end and self.whole:
                return
            first, second = (driven[database, side] for side in turn)
            rounds.append(_round(first, second, load, self._counts[load, database], turn))

    def _warm(self, load: str, database: str, pair: Sequence[Driven]) -> None:
        """Let both do the operation unmeasured; the first time, find how many fill a block."""
        for one in pair:
            one.block(load, 2)
        if (load, database) not in self._counts:
            slowest = max(one.block(load, 3) for one in pair)
            self._counts[load, database] = max(1, round(BLOCK / slowest))


def _round(first: Driven, second: Driven, load: str, count: int, turn: Sequence[str]) -> Round:
    """Measure one side, twice the other, and the one again: a drift meets both alike."""
    used = [one.block(load, count) for one in (first, second, second, first)]
    sides = dict(zip(turn, ((used[0] + used[3]) / 2, (used[1] + used[2]) / 2), strict=True))
    return Round(sides[BEFORE], sides[AFTER])


@contextmanager
def _places(database: str, folder: Path, trees: Mapping[str, Path]) -> Iterator[dict[str, Place]]:
    """Make room for an installation of each side, on a database of its own."""
    folder.mkdir()
    with ExitStack() as stack:
        cluster = None
        if database == "postgresql":
            cluster = stack.enter_context(installation.cluster(folder))
        found = {}
        for side, tree in trees.items():
            (folder / side).mkdir()
            url = cluster.create_database() if cluster else ""
            environ = installation.environ(folder / side, url)
            postmaster = cluster.processes()[0] if cluster else None
            found[side] = Place(tree, trees[AFTER], folder / side, environ, postmaster)
        yield found


@contextmanager
def _driven(place: Place) -> Iterator[Driven]:
    """Run a process whose `idp` is that of the tree, and whose benchmarks are these.

    Its first answer says that it is ready.
    """
    paths = os.pathsep.join(map(str, (place.tree, place.benchmarks)))
    words = ["benchmarks.outside", str(place.folder)]
    if place.postmaster:
        words.append(str(place.postmaster))
    log = place.folder / "log"
    with (
        log.open("a") as output,
        subprocess.Popen(
            [sys.executable, "-P", "-m", *words],
            cwd=place.tree,
            env={**place.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        ) as process,
    ):
        try:
            yield Driven(process, log)
        finally:
            process.terminate()


def _unpacked(known: str, folder: Path) -> Path:
    """Write a revision to a folder, without its own benchmarks and tests; return the folder."""
    packed = _git("archive", "--format=tar", known, "--", ".", ":!benchmarks", ":!tests")
    if packed.returncode:
        raise Unexpected(f"git archive: {packed.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        # Python 3.11 has the filter from 3.11.4 on; what is unpacked is git's own either way.
        safe: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **safe)
    return folder


def _copied(folder: Path) -> Path:
    """Copy the working tree, which may be worked on meanwhile, to a folder; return the folder."""
    listed = _git(
        "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", ":!tests"
    )
    for name in listed.stdout.decode().split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def _requirements(tree: Path) -> str:
    file = tree / "requirements.txt"
    return file.read_text() if file.exists() else ""


def _git(*words: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", "-C", str(ROOT), *words], check=False, capture_output=True)
