"""Rounds of two revisions into words: medians, ratio, spread, and whether that tells anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median, quantiles

COLUMNS = ("operation", "database", "before us", "after us", "ratio", "middle half", "rounds", "")
ENOUGH = 8
"""Rounds below which nothing is said."""
FINEST = 0.02
"""A ratio nearer to 1 tells nothing: where the memory of two processes lies makes as much."""
WIDEST = 0.06
"""An uncertainty of the ratio beyond which the table says that it cannot tell."""
MICRO = 1e6


@dataclass(frozen=True)
class Round:
    """CPU seconds for one operation, before and after, measured side by side."""

    before: float
    after: float


def table(measured: Mapping[tuple[str, str], Sequence[Round]]) -> str:
    """Return the table, a row for each operation on each database."""
    rows = [COLUMNS, *(_row(*key, rounds) for key, rounds in measured.items())]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    return "\n".join(_line(row, widths) for row in rows)


def _row(operation: str, database: str, rounds: Sequence[Round]) -> tuple[str, ...]:
    ratios = [r.after / r.before for r in rounds]
    low, high = middle_half(ratios)
    return (
        operation,
        database,
        f"{median(r.before for r in rounds) * MICRO:.0f}",
        f"{median(r.after for r in rounds) * MICRO:.0f}",
        f"{median(ratios):.3f}",
        f"{low:.3f} to {high:.3f}",
        str(len(rounds)),
        verdict(ratios),
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    words = [row[i].ljust(widths[i]) for i in (0, 1)]
    numbers = [row[i].rjust(widths[i]) for i in range(2, len(row) - 1)]
    return "  ".join([*words, *numbers, row[-1]]).rstrip()


def middle_half(ratios: Sequence[float]) -> tuple[float, float]:
    """Return the quartiles between which the middle half of the ratios lies."""
    if len(ratios) < 2:
        return ratios[0], ratios[0]
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    return low, high


def uncertainty(ratios: Sequence[float]) -> float:
    """Return how far the true ratio may lie from the median: twice the middle half by root n.

    A little more than the notch of McGill, Tukey and Larsen (Variations of Box Plots, 1978), as
    many rows are looked at together.
    """
    low, high = middle_half(ratios)
    return max(FINEST, 2 * (high - low) / sqrt(len(ratios)))


def verdict(ratios: Sequence[float]) -> str:
    """Return in words what the ratios tell."""
    about = uncertainty(ratios)
    change = median(ratios) - 1
    if len(ratios) < ENOUGH:
        return "too few rounds to tell: raise --seconds"
    if abs(change) > about:
        return f"{'slower' if change > 0 else 'faster'}: {change:+.1%}, give or take {about:.1%}"
    if about > WIDEST:
        return f"CANNOT TELL: the spread is too large (give or take {about:.1%})"
    return f"no difference beyond {about:.1%}"
