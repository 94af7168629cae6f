"""What pages of a guarded host need, as rows of a form: the member's JSON and its fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from idp.errors import CommandError
from idp.oidc.clients.guarded import MOST
from idp.pages.admin.applications.fields import Field

SPARE = 2
"""Rows for further paths."""
LONGEST = 2000
"""Characters of a field that are read."""


@dataclass(frozen=True)
class Row:
    """A path, as it stands in the form."""

    path: str = ""
    public: bool = False
    acr: str = ""
    max_age: str = ""
    user_types: str = ""
    groups: str = ""
    """Names on lines of their own: a comma may stand in one."""


def shown(value: Mapping[str, Any] | None) -> tuple[Row, ...]:
    """Return what is registered, and some empty rows."""
    rows = [
        Row(
            path,
            bool(said.get("public")),
            said.get("acr", ""),
            str(said.get("max_age", "")),
            *("\n".join(said.get(name, ())) for name in ("user_types", "groups")),
        )
        for path, said in (value or {}).items()
    ]
    return _with_spare(rows)


def typed(form: MultiDict[str, str], name: str) -> tuple[Row, ...]:
    """Return what was typed."""

    def at(number: int) -> Row:
        def field(part: str) -> str:
            return form.get(f"{name}-{number}-{part}", "").strip()[:LONGEST]

        public = bool(field("public"))
        return Row(
            field("path"),
            public,
            *(field(part) for part in ("acr", "max_age", "user_types", "groups")),
        )

    return _with_spare([row for row in map(at, range(MOST)) if row.path])


def _with_spare(rows: list[Row]) -> tuple[Row, ...]:
    return (*rows, *[Row()] * min(SPARE, MOST - len(rows)))


def meant(one: Field, rows: tuple[Row, ...]) -> dict[str, Any]:
    """Return what is to be registered.

    Raises:
        CommandError: one path stands there twice, or an age is no number.
    """
    named = [row for row in rows if row.path]
    if len({row.path for row in named}) < len(named):
        raise CommandError(f"{one.name}: one path stands there twice")
    return {row.path: _said(one, row) for row in named}


def _said(one: Field, row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"public": True} if row.public else {}
    if row.acr:
        found["acr"] = row.acr
    if row.max_age:
        if not row.max_age.isdecimal() or len(row.max_age) > 9:
            raise CommandError(f"{one.name}: {row.path}: max_age must be a whole number")
        found["max_age"] = int(row.max_age)
    for name, text in (("user_types", row.user_types), ("groups", row.groups)):
        if names := [line.strip() for line in text.splitlines() if line.strip()]:
            found[name] = names
    return found
