"""Files of JSON: one object a line (JSON Lines), or one array of objects.

A value may be a text, a number, true or false, a list of texts, or an object, which is handed on as
it stands (a password's hash of Keycloak is one).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from idp.errors import CommandError
from idp.language import _
from idp.people.intake.columns import recognise
from idp.people.intake.files import Record, Source
from idp.people.intake.held import File

LINES = (".jsonl", ".ndjson")
ENDINGS = (*LINES, ".json")
_LOOKED_AT = 64
_HALF = "\\ud"
"""How JSON begins to write half of a character beyond U+FFFF (RFC 8259 section 7)."""

Numbered = tuple[int, Mapping[str, Any] | None]
"""An object by its line, or by its place in an array; None where there is another thing."""


@dataclass(frozen=True)
class JsonSource(Source):
    """A file of objects whose members are the columns."""

    def records(self) -> Iterator[Record]:
        """Yield the objects in the order of the file.

        Raises:
            CommandError: it cannot be read to its end.
        """
        for number, found in objects(self.path):
            if found is None:
                yield Record(number, (), _("it is no object of JSON"), "no-object")
            else:
                cells = tuple(text(found.get(name)) for name in self.columns.header)
                yield Record(number, cells)


def open_json(path: File) -> Source:
    """Return a file of objects; every member that one of them has is a column.

    Raises:
        CommandError: it cannot be read, or nothing in it names people.
    """
    names: dict[str, None] = {}
    for _number, found in objects(path):
        names |= dict.fromkeys(found or ())
    columns = recognise(list(names))
    columns.check()
    return JsonSource(path, "utf-8", "", columns, 0)


def objects(path: File) -> Iterator[Numbered]:
    """Yield the objects of a file.

    Raises:
        CommandError: it cannot be read, or is no JSON.
    """
    try:
        with path.open(encoding="utf-8-sig") as stream:
            begin = stream.read(_LOOKED_AT).lstrip()
            stream.seek(0)
            if begin.startswith("["):
                yield from _numbered(path, stream.read())
                return
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield number, _object(path, number, line)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not UTF-8") from None


def document(path: File) -> Any:
    """Return what a file of JSON holds; of JSON Lines a list of all lines.

    Raises:
        CommandError: it cannot be read, or is no JSON.
    """
    try:
        whole = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError("it is not UTF-8") from None
    if path.suffix.lower() in LINES:
        return [parsed(path, line) for line in whole.splitlines() if line.strip()]
    return parsed(path, whole)


def _numbered(path: File, whole: str) -> Iterator[Numbered]:
    found = parsed(path, whole)
    if not isinstance(found, list):
        raise CommandError(f"{path} is no list of JSON")
    for number, one in enumerate(found, 1):
        yield number, one if isinstance(one, dict) else None


def _object(path: File, number: int, line: str) -> Mapping[str, Any] | None:
    try:
        found = _loaded(line)
    except (ValueError, RecursionError):
        raise CommandError(f"{path} is not JSON: line {number}") from None
    return found if isinstance(found, dict) else None


def parsed(path: File, whole: str) -> Any:
    """Return what a text of JSON holds.

    Raises:
        CommandError: it is none.
    """
    try:
        return _loaded(whole)
    except (ValueError, RecursionError):
        raise CommandError(f"{path} is not JSON") from None


def _loaded(whole: str) -> Any:
    """Return what a text of JSON holds; ValueError also where half a character is written in it."""
    found = json.loads(whole)
    if _HALF in whole.lower():
        # Whole ones are written in two halves, too: only together can they be shown and stored.
        json.dumps(found, ensure_ascii=False).encode()
    return found


def text(value: Any) -> str:
    """Return a value as a cell of a table has it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    return json.dumps(value, ensure_ascii=False)
