"""A command that is told to end takes away what it has begun, as after Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn


@contextmanager
def tidy_end() -> Iterator[None]:
    """Inside, SIGTERM is what Ctrl-C is: a timer that is stopped leaves nothing half done."""
    before = signal.signal(signal.SIGTERM, _give_up)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _give_up(*_: Any) -> NoReturn:
    raise KeyboardInterrupt
