"""What someone may do to an export: each change takes its lines and returns others."""

from collections.abc import Callable, Sequence
from typing import Any

from idp.evidence import note
from tests.support.ledgers.ledger_files import SIGNED, Line, checkpoint

AT = {seq: seq + 1 + sum(size <= seq for size in SIGNED) for seq in range(12)}
"""The place of a row among the lines."""
SEAL = {size: AT[size - 1] + 1 for size in SIGNED}
"""The place of a checkpoint."""

Change = Callable[[list[Line]], Sequence[Line | bytes]]


def with_row(seq: int, line: Line) -> Change:
    """Return the change of one row."""
    return lambda lines: [*lines[: AT[seq]], line, *lines[AT[seq] + 1 :]]


def without(*places: int) -> Change:
    """Return the change of lines being taken out."""
    return lambda lines: [line for at, line in enumerate(lines) if at not in places]


def swapped(one: int, other: int, *members: str) -> Change:
    """Return the change of two rows exchanging members, or their places."""

    def change(lines: list[Line]) -> list[Line]:
        left, right = lines[AT[one]], lines[AT[other]]
        if not members:
            lines[AT[one]], lines[AT[other]] = right, left
        for member in members:
            left[member], right[member] = right[member], left[member]
        return lines

    return change


def moved(seq: int, behind: int) -> Change:
    """Return the change of a row standing behind another line."""

    def change(lines: list[Line]) -> list[Line]:
        line = lines[AT[seq]]
        rest = [other for other in lines if other is not line]
        at = rest.index(lines[behind]) + 1
        return [*rest[:at], line, *rest[at:]]

    return change


def renumbered(change: Change) -> Change:
    """Return a change with the rows' numbers made whole again."""

    def numbered(lines: list[Line]) -> list[Line]:
        made = [line for line in change(lines) if isinstance(line, dict)]
        for seq, line in enumerate(line for line in made if "seq" in line):
            line["seq"] = seq
        return made

    return numbered


def signed_by(signer: note.Signer, values: list[Line], *sizes: int) -> Change:
    """Return the change of checkpoints being signed by another, over other leaves."""

    def change(lines: list[Line]) -> list[Line]:
        for size in sizes:
            lines[SEAL[size]] = checkpoint(values, size, signer)
        return lines

    return change


def both(*changes: Change) -> Change:
    """Return several changes, one after another."""

    def change(lines: Any) -> Any:
        for one in changes:
            lines = one(lines)
        return lines

    return change


def ended(size: int) -> Change:
    """Return the change of the last line."""
    return lambda lines: [*lines[:-1], {"end": size}]
