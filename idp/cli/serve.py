"""`acrux serve`: the application behind granian, checked before it starts."""

import multiprocessing
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LOGGING_CONFIG, LogLevels

from idp.cli import context
from idp.cli.context import Context
from idp.cli.doctor.finding import BAD, OPEN
from idp.cli.doctor.machine import stage_findings
from idp.cli.doctor.message_length import message_findings
from idp.cli.logs import log_to_stderr
from idp.cli.served import THREADS, load_app
from idp.cli.worker import Worker
from idp.errors import CommandError
from idp.installation import Installation
from idp.serving import process
from idp.serving.granian_seam import LOOP, Server

SPARE_THREADS = 2
"""More, which take what comes while all others are at work (`idp.serving.turns`)."""
BACKLOG = 1024
CONNECTIONS = 2048
"""Open connections of one worker process; more wait to be accepted."""
HEADER_SECONDS = 10
"""A client that has not sent its request line and headers by then is dropped."""
STOP_SECONDS = 15
"""What a request gets to end before its process is killed."""
_BIND = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\[\]:]+):(?P<port>\d{1,5})")


@click.command()
@click.option(
    "--bind", default="127.0.0.1:5000", show_default=True, metavar="HOST:PORT", help="Listen here."
)
@click.option(
    "--workers", type=click.IntRange(1, 256), help="Processes.  [default: one for each core]"
)
@click.option("--cert", type=click.Path(path_type=Path), help="TLS certificate chain, PEM.")
@click.option("--key", type=click.Path(path_type=Path), help="Its private key, PEM (PKCS #8).")
@click.option("--tls12", is_flag=True, help="Speak TLS 1.2 too, not 1.3 alone.")
@click.option(
    "--with-worker/--no-with-worker",
    default=True,
    show_default=True,
    help="Also send waiting messages and clean up; not needed where `acrux worker` runs.",
)
def serve(
    bind: str,
    workers: int | None,
    cert: Path | None,
    key: Path | None,
    tls12: bool,
    with_worker: bool,
) -> None:
    """Serve the provider.

    HTTP/1.1, with TLS 1.3 when --cert and --key are given. Settings and schema are checked first.
    """
    if (cert is None) != (key is None):
        raise click.UsageError("--cert and --key belong together")
    host, port = _address(bind)
    at_hand = context.open_installation()
    installation = at_hand.installation
    _check_stages(at_hand)
    _tell_of_messages(installation)
    count = workers or _cores()
    _try_port(host, port)
    process.allow_open_files(CONNECTIONS * 2)
    least = SSLProtocols.tls12 if tls12 else SSLProtocols.tls13
    server = _server(host, port, count, ssl_cert=cert, ssl_key=key, ssl_protocol_min=least)
    if not with_worker:
        click.echo("New passwords and late messages wait for `acrux worker`.", err=True)
    log_to_stderr()
    # Forked processes would share the worker thread's locks and database connections.
    multiprocessing.set_start_method("spawn", force=True)
    process.when_it_listens(
        host,
        port,
        lambda: click.echo(
            f"{installation.settings.server.issuer} is served at {bind} by {count} processes."
            " Ctrl-C ends it.",
            err=True,
        ),
    )
    with _working(installation) if with_worker else nullcontext():
        server.serve(target_loader=load_app, wrap_loader=False)


def _tell_of_messages(installation: Installation) -> None:
    for finding in message_findings(installation.settings):
        if finding.mark == OPEN:
            click.echo(finding.text[0].upper() + finding.text[1:] + ".", err=True)


@contextmanager
def _working(installation: Installation) -> Iterator[None]:
    """Let the worker's jobs be done in a thread of this process meanwhile."""
    job = Worker(installation)
    thread = threading.Thread(target=job.run, name="acrux-worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        job.stop()
        thread.join(STOP_SECONDS)


def _cores() -> int:
    """Return how many cores this process may use, where the system can tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_stages(at_hand: Context) -> None:
    """Refuse to serve while a stage names a level that is none: it would hold no one to it."""
    with at_hand.work() as work:
        for finding in stage_findings(work, at_hand.installation.settings):
            if finding.mark == BAD:
                raise CommandError(finding.text)


def _address(bind: str) -> tuple[str, int]:
    found = _BIND.fullmatch(bind)
    if not found or not 0 < int(found["port"]) < 65536:
        raise click.UsageError(f"--bind {bind!r} must be HOST:PORT, such as 0.0.0.0:443")
    return found["host"].strip("[]"), int(found["port"])


def _try_port(host: str, port: int) -> None:
    """Say so at once when the address cannot be had; the server's own word comes much later."""
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            trial.listen(1)
    except OSError as error:
        raise CommandError(f"cannot listen at {host}:{port}: {error.strerror}") from None


def _server(host: str, port: int, count: int, **tls: Any) -> Any:
    handlers: dict[str, dict[str, Any]] = LOGGING_CONFIG["handlers"]  # type: ignore[assignment]
    here = {"stream": "ext://sys.stderr"}
    try:
        return Server(
            threads=THREADS + SPARE_THREADS,
            address=host,
            port=port,
            interface=Interfaces.RSGI,
            loop=LOOP,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(
                keep_alive=True, header_read_timeout=HEADER_SECONDS * 1000
            ),
            workers=count,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            websockets=False,
            workers_kill_timeout=STOP_SECONDS,
            log_level=LogLevels.error,
            log_dictconfig={"handlers": {name: each | here for name, each in handlers.items()}},
            **tls,
        )
    except Exception as error:
        raise CommandError(f"the server cannot start: {error}") from None
