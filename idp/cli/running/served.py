"""What each process that serves runs: the application behind the gateway.

Such a process begins with this module, and loads nothing of what checks and starts a server.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idp.cli.logs import log_to_stderr
from idp.errors import AcruxError
from idp.serving import process
from idp.serving.access_log import Words
from idp.serving.gateway import Gateway
from idp.serving.granian_seam import Server
from idp.serving.processes.line import LOADED, REFUSED, SERVES, Line

if TYPE_CHECKING:
    from idp.installation import Installation

THREADS = 32
"""Requests that one process handles at once; `password.argon2_waiting` leaves some free."""
SPARE_THREADS = 2
"""More, which take what comes while all others are at work (`idp.serving.turns`)."""
ORPHAN_SECONDS = 15
"""What a process whose main process is gone gets to answer what it was asked: nobody kills it."""


class _End:
    """What ends this process: at once while it loads, and politely when it serves."""

    def __init__(self) -> None:
        self.server: Server | None = None

    def retire(self) -> None:
        if self.server is None:
            os._exit(0)
        self.server.retire()

    def lost(self) -> None:
        if self.server is None:
            os._exit(1)
        timer = threading.Timer(ORPHAN_SECONDS, os._exit, (1,))
        timer.daemon = True
        timer.start()
        self.server.end()


def load_gateway() -> "tuple[Gateway, Installation]":
    """Load the application; return what takes its requests, and the parts that outlive them."""
    with process.loading():
        from idp.api.v1 import door
        from idp.app import create_app
        from idp.cli.running import traced
        from idp.pages.admin.uploads import UPLOADS

        app = create_app()
    installation: Installation = app.extensions["acrux_installation"]
    server = installation.settings.server
    measured = None
    if installation.settings.metrics.bind:
        from idp.metrics import process as metrics

        measured = metrics.of(installation, "serving")
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    gateway = Gateway(
        traced.requests(app, installation, rules),
        largest_body=server.max_body,
        uploads=dict.fromkeys((*UPLOADS, *door.UPLOADS), server.max_upload),
        at_once=THREADS,
        proxies=server.trusted_proxies,
        words=Words(rules) if server.access_log else None,
        timed=measured.timed(rules) if measured else None,
    )
    if measured:
        measured.watch_requests(gateway)
        measured.start()
    return gateway, installation


def main(told: dict[str, Any]) -> None:
    """Serve until told otherwise; `told` comes from the main process (`idp.cli.running.serve`)."""
    end = _End()
    line = Line(told["line"], end.retire, end.lost)
    log_to_stderr()
    process.return_large_memory()
    try:
        gateway, installation = load_gateway()
    except AcruxError as error:
        line.say(REFUSED, why=str(error))
        raise SystemExit(1) from None
    log_to_stderr(installation.settings.log.format)
    line.say(LOADED)
    (listening,) = line.wait_to_go()
    files = told["certificate"]
    server = Server(
        gateway,
        listening,
        threads=THREADS + SPARE_THREADS,
        certificate=(Path(files[0]), Path(files[1])) if files else None,
        tls12=told["tls12"],
    )
    end.server = server
    # Loaded with the application: before it, nothing of the database is.
    from idp.keyring.presence import Presence

    presence = Presence(installation.engine, installation.keyring, "serve")
    presence.begin()
    server.run(lambda: line.say(SERVES))
    presence.end()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
