"""The process beside those that serve: it checks before they begin, then does the worker's jobs.

So the main process holds nothing of the application, and what a reload brings is checked by the
code and the settings that it brings.
"""

import json
import os
import signal
import ssl
import sys
import threading
from typing import Any

from idp.cli.logs import log_to_stderr
from idp.cli.problems import sentence
from idp.errors import CommandError
from idp.serving import process
from idp.serving.processes.line import LOADED, REFUSED, Line

with process.loading():
    from idp.cli import context
    from idp.cli.context import Context
    from idp.cli.doctor.finding import BAD, OPEN
    from idp.cli.doctor.machine import stage_findings
    from idp.cli.doctor.message_length import message_findings
    from idp.cli.running import traced
    from idp.cli.running.measured import reported
    from idp.cli.running.worker import Worker
    from idp.settings.values import Settings


class Idle:
    """Stands where the worker's jobs are done elsewhere, and only the metrics are given here."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def run(self) -> None:
        """Wait until told to stop."""
        # In pieces: a signal's handler runs between them on every system.
        while not self._over.wait(1.0):
            pass

    def stop(self) -> None:
        """End."""
        self._over.set()


class _End:
    """What ends this process: after the current message or batch, once there are any."""

    def __init__(self) -> None:
        self.job: Worker | Idle | None = None

    def __call__(self, *_: Any) -> None:
        if self.job is None:
            os._exit(0)
        self.job.stop()


def main(told: dict[str, Any]) -> None:
    """Check, tell the main process, and work until told otherwise."""
    end = _End()
    line = Line(told["line"], end, end)
    log_to_stderr()
    try:
        at_hand = context.open_installation()
        _check(at_hand, told)
    except Exception as error:
        said = sentence(error)
        if said is None:
            raise
        line.say(REFUSED, why=said)
        raise SystemExit(1) from None
    settings = at_hand.installation.settings
    stays = told["stays"] or bool(settings.metrics.bind)
    form = settings.log.format
    log_to_stderr(form)
    line.say(LOADED, issuer=settings.server.issuer, notes=_notes(settings), stays=stays, log=form)
    if not stays:
        return
    line.wait_to_go()
    end.job = Worker(at_hand.installation) if told["stays"] else Idle()
    signal.signal(signal.SIGTERM, end)
    if told["stays"]:
        traced.begin(at_hand.installation, "worker")
    with reported(at_hand.installation):
        end.job.run()


def _check(at_hand: Context, told: dict[str, Any]) -> None:
    """Refuse what cannot be served, or what would hold no one to what a stage demands."""
    traced.check(at_hand.installation.settings)
    with at_hand.work() as work:
        for finding in stage_findings(work, at_hand.installation.settings):
            if finding.mark == BAD:
                raise CommandError(finding.line)
    if told["certificate"]:
        try:
            # Without a word for an encrypted key, OpenSSL asks the terminal, and waits.
            own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate, key = told["certificate"]
            own.load_cert_chain(certificate, key, password="")
        except (OSError, ssl.SSLError) as error:
            raise CommandError(f"the server cannot start: {error}") from None


def _notes(settings: Settings) -> list[str]:
    """Return what an operator is told of at every start."""
    open_ones = [each.line for each in message_findings(settings) if each.mark == OPEN]
    return [f"{text[0].upper()}{text[1:]}." for text in open_ones]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
