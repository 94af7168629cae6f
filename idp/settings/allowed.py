"""What a value may be, said with its type in `values`: at least so much, or one of some words.

Owns these kinds of check, the walk that asks them, and which texts are secrets. What a value of its
own kind may be is `single_values`'s, how settings fit together `reading`'s.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, get_type_hints


@dataclass(frozen=True)
class Least:
    """A number that may not be smaller."""

    number: int

    def problem(self, name: str, value: Any) -> str | None:
        """Return the line that says what to change; None for a value that may be."""
        return None if value >= self.number else f"{name} must be at least {self.number}"


@dataclass(frozen=True)
class NoneOrLeast(Least):
    """0, which means never, or a number that may not be smaller."""

    def problem(self, name: str, value: Any) -> str | None:
        """Return the line that says what to change; None for a value that may be."""
        if value == 0 or value >= self.number:
            return None
        return f"{name} must be 0 (for ever) or at least {self.number} days"


@dataclass(frozen=True)
class OneOf:
    """A word out of a few."""

    words: tuple[str, ...]

    def problem(self, name: str, value: Any) -> str | None:
        """Return the line that says what to change; None for a value that may be."""
        return None if value in self.words else f"{name} is {value!r}: use {', '.join(self.words)}"


@dataclass(frozen=True)
class _NeverShown:
    """A text that no page, log or command ever says."""

    def problem(self, name: str, value: Any) -> None:
        """Return None: it may be anything."""


Secret = Annotated[str, _NeverShown()]
"""A password, a token, a key: where settings are shown, only that there is one is."""
Count = Annotated[int, Least(1)]
"""A number of at least one."""
NotNegative = Annotated[int, Least(0)]
"""A number for which 0 has a meaning, mostly that of never."""
Days = Annotated[int, NoneOrLeast(30)]
"""For how many days something is kept that cannot be brought back. A slip deletes no fresh one."""


def problems(settings: Any) -> Iterator[str]:
    """Yield a line for each value of `settings` that its own type does not allow."""
    for section in fields(settings):
        values = getattr(settings, section.name)
        kind: Any = type(values)
        for key, check in _checks(kind):
            problem = check.problem(f"{section.name}.{key}", getattr(values, key))
            if problem is not None:
                yield problem


@cache
def _checks(section: Any) -> tuple[tuple[str, Any], ...]:
    """Return each key of the type of a section that has a check, with the check."""
    if not is_dataclass(section):
        return ()
    hints = get_type_hints(section, include_extras=True)
    return tuple(
        (key, check) for key, hint in hints.items() for check in getattr(hint, "__metadata__", ())
    )


def secrets(section: Any) -> frozenset[str]:
    """Return the keys of the type of a section that are secrets."""
    return frozenset(key for key, check in _checks(section) if isinstance(check, _NeverShown))
