"""A property that is worked out at its first use, and kept with the value it is of.

As `functools.cached_property`, without its lock: before Python 3.12 all threads share one for each
property, for as long as one of them works it out. Two that ask at once both work it out, and find
the same.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):
    """Decorates a method of what has a `__dict__` and never changes."""

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, of: None, owner: type) -> "once[T]": ...
    @overload
    def __get__(self, of: object, owner: type | None = None) -> T: ...
    def __get__(self, of: object | None, owner: type | None = None) -> "once[T] | T":
        if of is None:
            return self
        found = of.__dict__[self._name] = self._work_out(of)
        return found
