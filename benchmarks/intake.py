"""How long an import takes, and how much memory: `python -m benchmarks.intake [ROWS] [URL]`.

A file of ROWS people (100,000) is imported with invitations, then again without a change, then with
another type for everyone, each by the real command in a process of its own. Invitations are only
queued: the worker sends them. URL is an empty PostgreSQL database; without it, SQLite.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from idp.store.db.statements import Statement
from tests.support.site import Site


def write(path: Path, rows: int, kind: str) -> Path:
    """Write a file as a personnel department exports it."""
    with path.open("w", encoding="utf-8-sig") as stream:
        stream.write("Login,Work Email,First name,Last name,Mobile phone,User type,Department\n")
        for n in range(rows):
            phone = f"021{n:07d}" if n % 2 else ""
            stream.write(f"p{n},p{n}@example.org,Person {n},Test,{phone},{kind},Ward {n % 40}\n")
    return path


def run(site: Site, *words: str) -> tuple[float, str]:
    """Run the command; return its seconds and the last line that it says."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "idp", "user", "import", *words]
    done = subprocess.run(
        command,
        env={**os.environ, **site.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return time.perf_counter() - began, done.stdout.splitlines()[-1]


def lines(site: Site, folder: Path, rows: int) -> Iterator[str]:
    """Import thrice, and say what each took."""
    staff = str(write(folder / "staff.csv", rows, "staff"))
    nurse = str(write(folder / "nurse.csv", rows, "nurse"))
    for what, words in (
        ("checked alone", (staff, "--dry-run")),
        ("new, invited", (staff, "--invite")),
        ("unchanged", (staff, "--update")),
        ("all changed", (nurse, "--update")),
    ):
        seconds, said = run(site, *words)
        yield f"{what}: {seconds:.0f} s, {rows / seconds:.0f} rows a second. {said}"
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    with site.work() as work:
        people = work.value(Statement("SELECT count(*) FROM person"))
        queued = work.value(Statement("SELECT count(*) FROM outbox WHERE kind = 'invitation'"))
    yield f"{people} people, {queued} invitations; at most {peak} MiB of memory"


def main(words: list[str]) -> None:
    """Print the figures."""
    rows = int(words[0]) if words else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = words[1] if len(words) > 1 else f"sqlite:///{folder / 'acrux.db'}"
        site = Site(folder, url)
        try:
            for line in lines(site, folder, rows):
                print(line, flush=True)
        finally:
            site.close()


if __name__ == "__main__":
    main(sys.argv[1:])
