"""Rows of a file of people as they are told: what became of each, and what is wrong with it."""

from dataclasses import dataclass
from typing import Any

from idp.language import Text, Words


@dataclass(frozen=True)
class Line:
    """What became of a row, or would."""

    line: int
    name: str
    outcome: str
    changed: list[str]
    why: str
    notes: list[str]
    sub: str | None
    invited: bool
    code: str = ""
    """Why it is wrong, for programs."""


Kept = tuple[str, dict[str, Any]] | None
"""A text as it is stored, to be said in any language; None of one that has but one."""


@dataclass(frozen=True)
class Mistake:
    """A row that is wrong, or may be a mistake."""

    line: int
    name: str
    why: str
    """In English."""
    code: str = ""
    """For programs; "" where nothing has a name for it."""
    said: Kept = None

    @property
    def words(self) -> Words:
        """Return why, in whatever language is spoken when it is shown."""
        return Text(self.said[0], values=self.said[1]) if self.said else self.why


@dataclass(frozen=True)
class Mistakes:
    """The first rows that are wrong, and what may be a mistake."""

    wrong: tuple[Mistake, ...] = ()
    notes: tuple[Mistake, ...] = ()


def kept(words: Words) -> Kept:
    """Return a text as it is stored."""
    return words.kept if isinstance(words, Text) else None
