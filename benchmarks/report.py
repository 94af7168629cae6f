"""Figures into words: medians over the rounds, the table, and the mark to pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.machine import Reading
from benchmarks.statements import Request, total

MARKS = {
    ("flow", "sqlite"): 385,
    ("flow", "postgresql"): 200,
    ("refresh", "sqlite"): 650,
    ("refresh", "postgresql"): 325,
}
"""Operations per second of the best peer on one core, rounded (docs/performance.md)."""
NOISY = 0.1
LOAD_LIMIT = 0.8
COLUMNS = (
    *("load", "database", "per s", "mark", "p50 ms", "p99 ms", "CPU us"),
    *("SQL", "trips", "commits", ""),
)


@dataclass(frozen=True)
class Figures:
    """One round of one load."""

    rate: float
    p50: float
    p99: float
    cpu: float
    """Microseconds of CPU time of the server (and of PostgreSQL) for one operation."""
    others: float
    """Part of the server's core that someone else used."""
    load: float
    """Part of its core that the load generator used."""


def figures(latencies: list[float], taken: Reading, *, pinned: bool) -> Figures:
    """Work out one round."""
    ordered = sorted(latencies)
    count = len(ordered)
    if not count:
        raise ValueError("no operation ended within the time: raise --seconds")
    return Figures(
        rate=count / taken.clock,
        p50=ordered[count // 2] * 1e3,
        p99=ordered[min(count - 1, int(count * 0.99))] * 1e3,
        cpu=taken.server / count * 1e6,
        others=max(0.0, taken.core - taken.server) / taken.clock if pinned else 0.0,
        load=taken.load / taken.clock,
    )


def middle(rounds: Sequence[Figures]) -> Figures:
    """Return the medians over the rounds."""
    return Figures(
        rate=median(r.rate for r in rounds),
        p50=median(r.p50 for r in rounds),
        p99=median(r.p99 for r in rounds),
        cpu=median(r.cpu for r in rounds),
        others=median(r.others for r in rounds),
        load=median(r.load for r in rounds),
    )


def table(
    measured: Mapping[tuple[str, str], Sequence[Figures]],
    requests: Mapping[tuple[str, str], Sequence[Request]],
) -> str:
    """Return the table, a row for each load on each database."""
    rows = [COLUMNS]
    for (load, database), rounds in measured.items():
        one = middle(rounds)
        statements, trips, commits = total(requests[load, database])
        mark = MARKS.get((load, database))
        rows.append(
            (
                load,
                database,
                f"{one.rate:.0f}",
                str(mark or ""),
                f"{one.p50:.1f}",
                f"{one.p99:.1f}",
                f"{one.cpu:.0f}" if one.cpu else "?",
                str(statements),
                str(trips),
                str(commits),
                _remarks(one, mark),
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    words = [row[i].ljust(widths[i]) for i in (0, 1)]
    numbers = [row[i].rjust(widths[i]) for i in range(2, len(row) - 1)]
    return "  ".join([*words, *numbers, row[-1]]).rstrip()


def _remarks(one: Figures, mark: int | None) -> str:
    said = []
    if mark:
        said.append("passed" if one.rate >= mark else "NOT PASSED")
    if one.others > NOISY:
        said.append(f"disturbed: others had {one.others:.0%} of the core")
    if one.load > LOAD_LIMIT:
        said.append(f"the load generator was {one.load:.0%} busy: the server can do more")
    return ", ".join(said)


def per_request(requests: Mapping[tuple[str, str], Sequence[Request]]) -> str:
    """Return what each request asks of the database, a line for each load.

    `statements/round trips+commits`.
    """
    lines = []
    for (load, database), rows in requests.items():
        words = ", ".join(f"{row.name} {row.statements}/{row.trips}+{row.commits}" for row in rows)
        lines.append(f"{load} on {database}: {words}")
    return "\n".join(lines)
