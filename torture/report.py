"""The table of a run, and what was broken."""

from collections.abc import Sequence

from torture.run import Result

_HEAD = (
    "| fault | database | requests | tokens | attacks | violations | errors outside | back after |"
)


def line(result: Result) -> str:
    """Return one row of the table."""
    broken = sum(map(len, result.violations.values()))
    name = ", ".join(result.faults)
    cells = (
        name,
        result.database,
        f"{result.requests:,}",
        f"{result.tokens:,}",
        f"{result.attacks:,}",
        str(broken) if not result.troubles else f"{broken} (unfinished)",
        f"{result.failed_outside} ({result.error_rate:.2%})",
        f"{result.back:.1f} s",
    )
    return f"| {' | '.join(cells)} |"


def table(results: Sequence[Result]) -> str:
    """Return all rows, and below them what each rule found."""
    columns = _HEAD.count("|") - 1
    lines = [_HEAD, "|" + "---|" * columns, *map(line, results)]
    for result in results:
        title = f"{', '.join(result.faults)} on {result.database}"
        lines += [f"{title}: the torture failed: {said}" for said in result.troubles]
        for rule, said in result.violations.items():
            lines.append(f"{title}: {rule}: {len(said)}, such as {said[0]}")
    return "\n".join(lines)
