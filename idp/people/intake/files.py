"""A CSV file as it comes: its encoding and its delimiter found out, its records one at a time.

Programs save such files as UTF-8 with or without a mark, as UTF-16, or in the code page of Windows;
with commas, semicolons, tabs or bars. Nothing is guessed that could be wrong without being noticed:
a record that is not of the file's encoding is named by its line.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TextIO

from idp.errors import CommandError
from idp.language import Words, _
from idp.people.intake.columns import Columns, recognise
from idp.people.intake.held import File

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How workbooks begin: .xlsx and .ods (a ZIP archive), and .xls (an OLE file)."""
_LOOKED_AT = 4096
"""Bytes in which zeros tell UTF-16 without a mark: there is no other text with zeros."""
_ASCII = 0x7F
_BROKEN = "\ufffd"
"""What stands in UTF-16 for what is none."""


@dataclass(frozen=True)
class Record:
    """One record: the line on which it begins, its cells, or what is wrong with it."""

    line: int
    cells: tuple[str, ...]
    problem: Words = ""
    code: str = ""
    """The same for programs."""


@dataclass(frozen=True)
class Source:
    """A file whose header is understood."""

    path: File
    encoding: str
    delimiter: str
    columns: Columns
    header_line: int
    problem: str = ""
    """Why it is no CSV by this delimiter."""
    letters: str = ""
    """In a code page, the letters beyond ASCII: by another one they would be others."""

    def records(self) -> Iterator[Record]:
        """Yield the records below the header; those of empty cells are left out.

        Raises:
            CommandError: it cannot be read to its end, or is no CSV.
        """
        with _opened(self.path, self.encoding) as stream:
            reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
            start = 1
            for cells in _careful(self.path, reader):
                if start > self.header_line and any(map(str.strip, cells)):
                    yield self._record(start, cells)
                start = reader.line_num + 1

    def _record(self, line: int, cells: list[str]) -> Record:
        width = len(self.columns.header)
        if any(_BROKEN in cell or not _whole(cell) for cell in cells):
            name = self.encoding.removesuffix("-sig").upper()
            words = _("it is not %(encoding)s, as the rest of the file is", encoding=name)
            return Record(line, tuple(cells), words, "bad-encoding")
        if len(cells) < width or any(map(str.strip, cells[width:])):
            words = _(
                "%(count)s cells where the header has %(width)s", count=len(cells), width=width
            )
            return Record(line, tuple(cells), words, "bad-cells")
        return Record(line, tuple(cells[:width]))


def open_source(path: File) -> Source:
    """Return a file, after its encoding, delimiter and header were found out.

    Raises:
        CommandError: it cannot be read, or has no header that names people.
    """
    try:
        encoding, letters = _encoding(path)
        found = [_headed(path, encoding, delimiter) for delimiter in DELIMITERS]
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    best = max(found, key=lambda one: (len(one.columns.read), len(one.columns.header)))
    if best.problem:
        raise CommandError(best.problem)
    best.columns.check()
    return replace(best, letters=letters)


def _headed(path: File, encoding: str, delimiter: str) -> Source:
    """Read the header by one delimiter. Lines for a spreadsheet or an upload may stand above it."""
    line, header = 1, list[str]()
    with _opened(path, encoding) as stream:
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if any(map(str.strip, cells)) and not _is_preamble(cells):
                    header = cells
                    break
                line = reader.line_num + 1
        except csv.Error as error:
            problem = f"{path} is not CSV: line {reader.line_num}: {error}"
            return Source(path, encoding, delimiter, recognise([]), line, problem)
    return Source(path, encoding, delimiter, recognise(header), line)


def _is_preamble(cells: list[str]) -> bool:
    """`sep=;` is for Excel, `version:v1.0` of Entra ID, `#TYPE …` of Windows PowerShell."""
    return cells[0].strip().lower().startswith(("sep=", "version:", "#type "))


def _opened(path: File, encoding: str) -> TextIO:
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    return path.open(encoding=encoding, errors=errors, newline="")


def _encoding(path: File) -> tuple[str, str]:
    """Return the encoding of a file, by its mark or by all lines; of a code page its letters, too.

    Windows-1252 can be told from UTF-8 because hardly a line with an accent is valid in both. Where
    some lines are valid UTF-8 and others are not, the file is UTF-8, and the others are wrong. One
    code page cannot be told from another: whoever knows the people sees it by the letters.

    Raises:
        CommandError: it is a workbook.
    """
    with path.open("rb") as stream:
        begin = stream.read(_LOOKED_AT)
        if begin.startswith(_WORKBOOKS):
            raise CommandError(f"{path} is a workbook, no CSV file: save its sheet as CSV (UTF-8)")
        for mark, name in _MARKS:
            if begin.startswith(mark):
                return name, ""
        if b"\0" in begin:
            return ("utf-16-le" if begin[1:2] == b"\0" else "utf-16-be"), ""
        stream.seek(0)
        accents, others = 0, set[int]()
        for line in stream:
            if line.isascii():
                continue
            try:
                line.decode()
                accents += 1
            except UnicodeDecodeError:
                others.update(line)
    if not others or accents:
        return "utf-8", ""
    letters = bytes(sorted(sign for sign in others if sign > _ASCII))
    return "windows-1252", letters.decode("windows-1252", "ignore")


def _whole(cell: str) -> bool:
    return cell.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in cell)


def _careful(path: File, reader: Any) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise CommandError(f"{path} is not CSV: line {reader.line_num}: {error}") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
