"""`acrux user import`: people from a CSV file, all of them or none."""

import csv
from collections.abc import Iterator
from pathlib import Path

import click

from idp.cli import context
from idp.cli.output import json_option, print_json
from idp.errors import CommandError
from idp.people.newcomers import NewPerson, checked, insert
from idp.settings.values import Settings
from idp.store import people
from idp.store.db import Work

COLUMNS = ("username", "email", "name", "phone", "type", "verified", "groups", "roles")
_NEEDED = ("username", "email")
_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}
SAID = 20
"""Problems told one by one; a file of the wrong kind has one on every line."""

Numbered = tuple[int, NewPerson]


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def import_(file: Path, as_json: bool) -> None:
    """Add the people of a CSV file.

    All of them, or none when a line is wrong. The header names the columns: username and email, and
    if wanted name, phone, type, verified (true or false), groups and roles (apart by ;).
    """
    at_hand = context.open_installation()
    read, problems = _read(file, at_hand.installation.settings)
    problems += _repeated(read)
    with at_hand.work() as work:
        problems += _known(work, read)
        if problems:
            raise CommandError(_told(problems))
        origin = f"imported from {file.name}"[:200]
        added = [{"sub": insert(work, new, origin), "username": new.username} for _, new in read]
    if as_json:
        print_json(added)
    else:
        click.echo(f"Added {len(added)} people.")


def _read(file: Path, settings: Settings) -> tuple[list[Numbered], list[tuple[int, str]]]:
    found: list[Numbered] = []
    problems: list[tuple[int, str]] = []
    for number, header, cells in _rows(file):
        try:
            found.append((number, _person(header, cells, settings)))
        except CommandError as error:
            problems.append((number, str(error)))
    return found, problems


def _rows(file: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    """Yield the number of each record's first line, the header, and the record."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            _check_header(header)
            start = reader.line_num + 1
            for cells in reader:
                if cells:
                    yield start, header, cells
                start = reader.line_num + 1
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{file} is not UTF-8: save it as CSV UTF-8") from None
    except csv.Error as error:
        raise CommandError(f"{file} is not CSV: line {reader.line_num}: {error}") from None


def _check_header(header: list[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise CommandError(f"line 1: the header lacks {', '.join(missing)}")
    if unknown or len(set(header)) != len(header):
        raise CommandError(f"line 1: the header may have {', '.join(COLUMNS)}, each once")


def _person(header: list[str], cells: list[str], settings: Settings) -> NewPerson:
    if len(cells) != len(header):
        raise CommandError(f"{len(cells)} cells where the header has {len(header)}")
    row = dict(zip(header, cells, strict=True))
    verified = _YES.get(row.get("verified", "").strip().lower())
    if verified is None:
        raise CommandError("verified must be true or false")
    return checked(
        settings,
        username=row["username"],
        email=row["email"],
        name=row.get("name", ""),
        phone=row.get("phone", ""),
        user_type=row.get("type", ""),
        verified=verified,
        groups=row.get("groups", "").split(";"),
        roles=_roles(row.get("roles", "")),
    )


def _roles(text: str) -> list[str]:
    """Return the roles of a cell; those of Acrux itself are given one by one, never by a file."""
    names = [name.strip() for name in text.split(";")]
    own = sorted(people.OWN_ROLES & set(names))
    if own:
        raise CommandError(f"{own[0]} is a role in Acrux itself: give it by `acrux user set`")
    return names


def _repeated(read: list[Numbered]) -> list[tuple[int, str]]:
    """A name or address that stands in the file twice."""
    seen: dict[str, int] = {}
    problems = []
    for number, new in read:
        for text in (new.username, new.email):
            first = seen.setdefault(text, number)
            if first != number:
                problems.append((number, f"{text} is on line {first} already"))
    return problems


def _known(work: Work, read: list[Numbered]) -> list[tuple[int, str]]:
    return [
        (number, f"{new.username} or {new.email} belongs to somebody already")
        for number, new in read
        if people.taken(work, new.username, new.email)
    ]


def _told(problems: list[tuple[int, str]]) -> str:
    """Say every problem with its line, in one line of output."""
    problems = sorted(problems)
    said = "; ".join(f"line {number}: {text}" for number, text in problems[:SAID])
    more = f"; and {len(problems) - SAID} more" if len(problems) > SAID else ""
    return f"nothing was imported: {said}{more}"
