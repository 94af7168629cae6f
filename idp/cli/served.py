"""What each process of `acrux serve` runs: the application behind the gateway.

Such a process begins with this module, and loads nothing of what checks and starts a server.
"""

import gc
from typing import Any

from idp.cli.logs import log_to_stderr
from idp.serving import process
from idp.serving.access_log import Words
from idp.serving.gateway import Gateway
from idp.serving.granian_seam import Door

THREADS = 32
"""Requests that one worker process handles at once; `password.argon2_waiting` leaves some free."""


def load_app(*_: Any) -> Any:
    """Return what granian runs; called in each worker process."""
    log_to_stderr()
    process.end_with_parent()
    process.return_large_memory()
    # What is loaded stays: to look through it for garbage is an eighth of the time to start.
    gc.disable()
    from idp.app import create_app

    app = create_app()
    gc.freeze()
    gc.enable()
    server = app.extensions["acrux_installation"].settings.server
    words = Words(rule.rule for rule in app.url_map.iter_rules()) if server.access_log else None
    return Door(
        Gateway(
            app,
            largest_body=server.max_body,
            at_once=THREADS,
            proxies=server.trusted_proxies,
            words=words,
        )
    )
