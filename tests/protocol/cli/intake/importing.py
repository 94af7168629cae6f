"""Files of people that are imported, and what is told of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.protocol.command import Acrux

Import = Callable[..., dict[str, Any]]


def write(acrux: Acrux, text: str | bytes) -> str:
    file = Path(acrux.environ["ACRUX_INSTANCE__PATH"]) / "people.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def done(acrux: Acrux, text: str | bytes, *words: str) -> dict[str, Any]:
    """Import a file, and return the report."""
    return dict(acrux.json("user", "import", write(acrux, text), *words))


def told(report: dict[str, Any]) -> list[tuple[int, str, str, list[str]]]:
    rows = report["rows"]
    return [(row["line"], row["username"], row["outcome"], row["fields"]) for row in rows]


def everyone(acrux: Acrux) -> dict[str, dict[str, Any]]:
    return {person["username"]: person for person in acrux.json("user", "list")}
