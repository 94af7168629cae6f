"""Checks in order: each is handed what it names, and what it returns is there for those after it.

A check is a function that is named for what it finds. Its arguments are what it needs: fields of
what is given, or values that checks before it found. So the order of a table can be read from the
arguments, and a table whose order or types do not fit fails at import.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, get_type_hints

Given = TypeVar("Given")
Found = TypeVar("Found")


class OrderedChecks(Generic[Given, Found]):
    """A table of checks: of two dataclasses, a `Given` goes in and a `Found` comes out."""

    def __init__(
        self, given: type[Given], found: type[Found], checks: tuple[Callable[..., object], ...]
    ) -> None:
        """Fit the table together.

        Raises:
            TypeError: a check, or `found`, needs what nothing before it gives, or of another type.
        """
        known = get_type_hints(given)
        self._rows: list[tuple[str, Callable[..., object], tuple[str, ...]]] = []
        for check in checks:
            name, needs = check.__name__, get_type_hints(check)
            finds = needs.pop("return")
            _fit(name, needs, known)
            if name in known:
                raise TypeError(f"{name} is there already when its check runs")
            known[name] = finds
            self._rows.append((name, check, tuple(needs)))
        self._found = found
        self._kept = get_type_hints(found)
        _fit(found.__name__, self._kept, known)

    def run(self, given: Given) -> Found:
        """Return what the checks find; the first that finds fault raises."""
        values: dict[str, object] = dict(vars(given))
        for name, check, needs in self._rows:
            values[name] = check(*[values[need] for need in needs])
        return self._found(**{name: values[name] for name in self._kept})


def _fit(name: str, needs: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for need, kind in needs.items():
        if known.get(need) != kind:
            raise TypeError(f"{name} needs {need}: {kind}, and nothing before it gives that")
