"""What comes out of the API of imports and exports, as types.

As in `told`, which owns people, applications and stages.
"""

from dataclasses import dataclass

from pydantic import ConfigDict

from idp.api.v1.told import Told


@dataclass(frozen=True)
class Column(Told):
    """A column of a file."""

    name: str
    field: str
    """What it is read as; "": nothing."""


@dataclass(frozen=True)
class Row(Told):
    """A row of a file that is wrong, or may be a mistake."""

    line: int
    username: str
    code: str
    """Why it is wrong, for programs; "" of a note."""
    text: str


@dataclass(frozen=True)
class Import(Told):
    """A file of people, and how far it is."""

    id: str
    name: str
    product: str
    state: str
    """`new`; `check` and `checked`: its dry run; `run`, `stopped`, `done`; `failed`."""
    options: dict[str, bool]
    columns: list[Column]
    """While the file is kept, and nobody works on it."""
    created_at: str
    touched_at: str
    by: str | None
    """The `sub` of who brought it, or went on with it since."""
    program: str | None
    """The client that did so for itself."""
    total: int
    """Rows; 0 until a dry run has counted them."""
    seen: int
    counts: dict[str, int]
    """How many rows became what: `added`, `changed`, `unchanged`, `left out`, `wrong`."""
    wrong: list[Row]
    """The first rows that are wrong; the report has all."""
    notes: list[Row]
    error: str | None


@dataclass(frozen=True)
class Imports(Told):
    """The newest imports, newest first."""

    items: list[Import]


@dataclass(frozen=True)
class ReportLine(Told):
    """What became of a row, or would."""

    line: int
    username: str
    outcome: str
    changed: list[str]
    code: str
    """Why it is wrong, for programs."""
    why: str
    notes: list[str]
    sub: str | None
    invited: bool


@dataclass(frozen=True)
class ClientBrought(Told):
    """What became of an application of a file, or would."""

    client_id: str
    name: str
    outcome: str
    why: str
    notes: list[str]
    client_secret: str | None
    """A new one, told this once; null where it keeps its own, or has none."""


@dataclass(frozen=True)
class ClientsBrought(Told):
    """What became of the applications of a file."""

    items: list[ClientBrought]


@dataclass(frozen=True)
class Exported(Told):
    """A line of an export: docs/export.md says what each kind has."""

    __pydantic_config__ = ConfigDict(extra="allow")
    kind: str
