"""Figures into words: medians over the rounds, their spread, and peers beside Acrux."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.machine import Reading
from benchmarks.ratios import middle_half
from benchmarks.statements import Request, total

NOISY = 0.1
LOAD_LIMIT = 0.8
COLUMNS = (
    *("load", "provider", "per s", "p50 ms", "p99 ms", "CPU us", "middle half", "to Acrux"),
    *("SQL", "trips", "commits", ""),
)
STARTS = ("provider", "first answer s", "MiB at rest", "MiB after the loads")


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


@dataclass(frozen=True)
class Start:
    """How a provider comes up, and what its processes hold (PSS, without PostgreSQL)."""

    provider: str
    seconds: float
    """From its start to its first answer."""
    rest: float
    loaded: float


def table(
    measured: Mapping[tuple[str, str], Sequence[Figures]],
    requests: Mapping[tuple[str, str], Sequence[Request]],
    beside: Mapping[str, str],
) -> str:
    """Return the table, a row for each load of each provider.

    `beside` names for each peer the Acrux on the same database, by which its CPU time is divided.
    """
    rows = [COLUMNS]
    for (load, provider), rounds in measured.items():
        one = middle(rounds)
        own = measured.get((load, beside.get(provider, "")))
        asked = requests.get((load, provider))
        rows.append(
            (
                load,
                provider,
                f"{one.rate:.0f}",
                f"{one.p50:.1f}",
                f"{one.p99:.1f}",
                f"{one.cpu:.0f}" if one.cpu else "?",
                _half(rounds),
                _ratio(rounds, own) if own else "",
                *(map(str, total(asked)) if asked else ("", "", "")),
                _remarks(one),
            )
        )
    return _lines(rows)


def starts(found: Sequence[Start]) -> str:
    """Return how each provider starts and what memory it takes."""
    rows = [
        (one.provider, f"{one.seconds:.2f}", f"{one.rest:.0f}", f"{one.loaded:.0f}")
        for one in found
    ]
    return _lines([STARTS, *rows])


def _half(rounds: Sequence[Figures]) -> str:
    low, high = middle_half([r.cpu for r in rounds])
    return f"{low:.0f} to {high:.0f}"


def _ratio(rounds: Sequence[Figures], own: Sequence[Figures]) -> str:
    """Return how much more CPU time a peer takes: the median of the rounds, measured in turn."""
    ratios = [theirs.cpu / ours.cpu for theirs, ours in zip(rounds, own, strict=True) if ours.cpu]
    return f"{median(ratios):.2f}" if ratios else "?"


def _lines(rows: Sequence[Sequence[str]]) -> str:
    """Return a table of Markdown whose columns stand below each other."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    head, *others = (
        [word.ljust(width) for word, width in zip(r, widths, strict=True)] for r in rows
    )
    rule = ["-" * width for width in widths]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *others))


def _remarks(one: Figures) -> str:
    said = []
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
