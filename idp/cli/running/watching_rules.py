"""The canary's turns: when it is due, it tries the rules in a process that ends with its try."""

import logging
import subprocess
import sys
import threading
import time

from idp.cli.running.trying import Trying
from idp.installation import Installation
from idp.store import canaries, db

LOOK_EVERY = 20.0
FIRST = 60
"""Seconds between two looks whether the canary is due, and until it first is."""
PAUSE = 0.5
"""Seconds between two looks whether it is done."""

_log = logging.getLogger("acrux.worker")


def watch(installation: Installation, stop: threading.Event) -> None:
    """Have the canary try the rules whenever it is due, until told to stop."""
    every = installation.settings.canary.every
    if not every:
        return
    look = Trying(lambda: _look(installation, every, stop))
    while not stop.wait(LOOK_EVERY):
        look()


def _look(installation: Installation, every: int, stop: threading.Event) -> None:
    with db.work(installation.engine) as work:
        canaries.begin(work, FIRST)
        due = canaries.due(work, every)
    try:
        if due:
            _let_try(stop)
    except OSError as error:
        _log.error("the canary did not run: %s", error)


def _let_try(stop: threading.Event) -> None:
    """Have one run of the canary, which says and notes itself what it finds."""
    command = (sys.executable, "-m", "idp", "canary", "run", "--if-due")
    end = time.monotonic() + canaries.LEASE_SECONDS
    with subprocess.Popen(command) as child:  # noqa: S603 - our own
        while child.poll() is None:
            # What it leaves when it is broken off, the next run takes away.
            if stop.wait(PAUSE) or time.monotonic() > end:
                child.terminate()
                return
