"""Where work is marked that a trace should show: nobody hears of it unless requests are traced.

Lower rooms know no tracer: they say what they are about, and `idp.tracing` listens where it is
wanted (`traces.endpoint`). Else a mark costs one call. Owns the marks; never what becomes of them.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Headers = Mapping[str, str]


class Listener(Protocol):
    """Whoever makes spans of marks."""

    def around(self, name: str, about: Mapping[str, str]) -> AbstractContextManager[Headers]:
        """Hear of a call to another program, until it ends; give the header lines to send along."""
        ...

    def carried(self, call: Callable[P, R]) -> Callable[P, R]:
        """Return `call`, to be made in another thread as a part of what this one is at."""
        ...


_NOTHING: AbstractContextManager[Headers] = nullcontext({})
_listeners: list[Listener] = []


def hear(listener: Listener) -> None:
    """Have `listener` told of every mark in this process from now on."""
    _listeners[:] = [listener]


def around(name: str, **about: str) -> AbstractContextManager[Headers]:
    """Mark a call to another program; inside are the header lines to send along, if any.

    `name` and `about` are words of ours and names of machines: never of a person, never a secret.
    """
    return _listeners[0].around(name, about) if _listeners else _NOTHING


def carried(call: Callable[P, R]) -> Callable[P, R]:
    """Return `call`, to be made in another thread as a part of what this one is at."""
    return _listeners[0].carried(call) if _listeners else call
