"""Crash points: where a process of a build under torture may be killed, by name.

Put into a copy of the product (`torture.builds`); the product itself has no such place. A file
named after the point arms it, for the one process that takes that file away.
"""

import os
import signal

_ARMED = os.environ.get("TORTURE_ARMED", "")


def reach(name: str) -> None:
    """Die here, as by `kill -9`, when the point of this name is armed."""
    if not _ARMED:
        return
    try:
        os.unlink(os.path.join(_ARMED, name))
    except OSError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
