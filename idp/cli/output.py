"""How commands print: a quiet table for people, JSON for programs."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from idp import clock

json_option: Callable[[Any], Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, for programs."
)


def print_json(value: Any) -> None:
    """Print `value` as indented JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(titles: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """Print `rows` in columns under `titles`; `empty` is said when there are none."""
    texts = [[_text(cell) for cell in row] for row in rows]
    if not texts:
        click.echo(empty)
        return
    lines = [list(titles), *texts]
    widths = [max(len(line[i]) for line in lines) for i in range(len(titles))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def print_record(record: dict[str, Any]) -> None:
    """Print one thing, a line each: name and value."""
    width = max(map(len, record), default=0)
    for name, value in record.items():
        click.echo(f"{name.ljust(width)}  {_text(value)}".rstrip())


def when(at: int | None) -> str | None:
    """Return a time as RFC 3339, None for none."""
    return None if at is None else clock.iso(at)


def _text(value: Any) -> str:
    """Return a value as printed; control characters must not steer the terminal."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(_text(item) for item in value) or "-"
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False) if value else "-"
    return "".join(c if c.isprintable() else "\ufffd" for c in str(value))


def printable(text: str) -> str:
    """Return a text out of a file as a terminal may have it."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
