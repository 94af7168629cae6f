"""The table of a run, and what was broken."""

from collections.abc import Sequence

from torture.run import Result

HEAD = (
    "| fault | database | requests | tokens | attacks | violations | errors outside | back after |"
)


def line(result: Result, *more: str) -> str:
    """Return one row of the table, with `more` cells at its end."""
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
        *more,
    )
    return f"| {' | '.join(cells)} |"


def table(results: Sequence[Result]) -> str:
    """Return all rows, and below them what each rule found."""
    columns = HEAD.count("|") - 1
    lines = [HEAD, "|" + "---|" * columns, *map(line, results)]
    return "\n".join([*lines, *findings(results)])


def findings(results: Sequence[Result]) -> list[str]:
    """Return what each rule found, and why a run proves nothing, a line each."""
    lines = []
    for result in results:
        title = f"{', '.join(result.faults)} on {result.database}"
        lines += [f"{title}: the torture failed: {said}" for said in result.troubles]
        for rule, said in result.violations.items():
            lines.append(f"{title}: {rule}: {len(said)}, such as {said[0]}")
    return lines
