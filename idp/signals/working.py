"""What the worker does for streams of signals: read the trail, push, and look at what is too old.

Pushing is a job beside reading: a receiver that is slow keeps nobody's events out of a stream.
"""

import time
from collections.abc import Callable

from idp.installation import Installation
from idp.signals import stopping
from idp.signals.following import Following
from idp.signals.pushing import Pushing
from idp.store import db
from idp.store.signals import streams

SWEEP_EVERY = 600.0
"""Seconds between two looks at what waits for too long."""
Job = Callable[[Callable[[], bool]], object]


class Signals:
    """The work of one process."""

    def __init__(self, installation: Installation) -> None:
        self._engine = installation.engine
        self._following = Following(installation)
        self._pushing = Pushing(installation)
        self._swept_at = 0.0

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Return what is done again and again, each beside the others."""
        return self._read, self._pushing.look

    def end(self) -> None:
        """Wait for what is being pushed, after the jobs are stopped."""
        self._pushing.end()

    def carry_out(self) -> int:
        """Do what is due now; return how many tokens came about or were pushed."""
        return self._following.carry_out() + self._pushing.carry_out() + self.sweep()

    def sweep(self) -> int:
        """Stop streams in which something waits for too long; return how many."""
        with db.work(self._engine) as work:
            return sum(stopping.old(work, row) for row in streams.everyone(work))

    def _read(self, stopped: Callable[[], bool]) -> None:
        self._following.carry_out(stopped)
        if time.monotonic() - self._swept_at > SWEEP_EVERY:
            self._swept_at = time.monotonic()
            self.sweep()
