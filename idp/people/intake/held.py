"""A file that is held in memory, as it came in a request: nothing of it is on a disk."""

import io
from pathlib import Path
from typing import BinaryIO, Literal, TextIO, overload


class Held:
    """A file with a name, opened and read as a `Path` is."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.suffix = Path(name).suffix
        self._content = content

    def __str__(self) -> str:
        return self.name

    @overload
    def open(self, mode: Literal["rb"]) -> BinaryIO: ...

    @overload
    def open(
        self,
        mode: Literal["r"] = "r",
        *,
        encoding: str,
        errors: str | None = None,
        newline: str | None = None,
    ) -> TextIO: ...

    def open(
        self,
        mode: str = "r",
        *,
        encoding: str = "utf-8",
        errors: str | None = None,
        newline: str | None = None,
    ) -> BinaryIO | TextIO:
        """Open it for reading, in bytes or as text."""
        raw = io.BytesIO(self._content)
        return raw if mode == "rb" else io.TextIOWrapper(raw, encoding, errors, newline)

    def read_text(self, encoding: str) -> str:
        """Return all of it as text."""
        return self._content.decode(encoding)


File = Path | Held
"""Where people come from."""
