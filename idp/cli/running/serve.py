"""`acrux serve`: the main process of a server, which starts the others."""

import logging
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

import click

from idp.cli.logs import log_to_stderr
from idp.errors import CommandError
from idp.serving import process
from idp.serving.processes import listening
from idp.serving.processes.child import Role
from idp.serving.processes.crew import Crew, Plan
from idp.serving.processes.listening import Address, Doors
from idp.serving.processes.main import Main
from idp.serving.processes.manager import Manager

log = logging.getLogger("acrux.serving")
SERVING = Role("idp.cli.running.served", "process that serves")
BESIDE = Role("idp.cli.running.beside", "process beside those that serve")
FILES = 4096
"""Open files of a process: twice as many as it takes connections."""
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
    SIGHUP starts new processes, with new code, settings and certificate, which take over from the
    others without a gap; SIGTERM and Ctrl-C end the server when what was asked is answered. A
    socket that systemd hands over is served instead of --bind.
    """
    if (cert is None) != (key is None):
        raise click.UsageError("--cert and --key belong together")
    host, port = _address(bind)
    log_to_stderr()
    process.allow_open_files(FILES)
    process.take_large_pages(os.environ)
    manager = Manager(os.environ)
    doors, problem = _doors(host, port)
    plan = Plan(
        serving=SERVING,
        beside=BESIDE,
        count=_count(workers, doors) if doors else 0,
        doors=doors,
        told={
            "certificate": [str(cert.resolve()), str(key.resolve())] if cert and key else None,
            "tls12": tls12,
        },
        stays=with_worker,
    )
    try:
        Main(plan, manager, checked=lambda crew: _notes(crew, problem), serves=_served).run()
    finally:
        _leave_log()


def _doors(host: str, port: int) -> tuple[Doors | None, CommandError | None]:
    """Return where to listen, or why not: told when all else is checked, which is told first."""
    try:
        address, handed = (host, port), listening.handed(os.environ)
        return Doors(None if handed else Address(*address), handed), None
    except CommandError as error:
        return None, error


def _count(workers: int | None, doors: Doors) -> int:
    """Return how many processes serve: as many as were asked for, but one at each of systemd's."""
    if workers and workers < doors.handed:
        raise CommandError(
            f"{doors.handed} sockets were handed over, and {workers} processes would leave some"
            " unserved: one ListenStream= for each process"
        )
    return workers or max(_cores(), doors.handed)


def _notes(crew: Crew, problem: CommandError | None) -> None:
    """Say what the crew has found, and what is not done here."""
    log_to_stderr(crew.said["log"])
    for note in crew.said["notes"]:
        _say(crew, note)
    if problem:
        raise problem
    if not crew.plan.stays:
        _say(crew, "New passwords and late messages wait for `acrux worker`.")


def _served(crew: Crew) -> None:
    plan = crew.plan
    assert plan.doors
    said = f"{crew.said['issuer']} is served at {plan.doors.name} by {plan.count} processes."
    _say(crew, f"{said} Ctrl-C ends it.")


def _say(crew: Crew, text: str) -> None:
    if crew.said["log"] == "text":
        _echo(text)
    else:
        log.info(text)


def _echo(text: str) -> None:
    # People sign in even where the log has no room, or nobody reads it any more.
    with suppress(OSError):
        click.echo(text, err=True)


def _leave_log() -> None:
    """Let go of what the log never took: else Python ends with 120, not with the status of ours."""
    with suppress(ValueError):
        try:
            sys.stderr.flush()
        except OSError:
            with Path(os.devnull).open("w") as nothing:
                os.dup2(nothing.fileno(), sys.stderr.fileno())


def _cores() -> int:
    """Return how many cores this process may use, where the system can tell."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _address(bind: str) -> tuple[str, int]:
    found = _BIND.fullmatch(bind)
    if not found or not 0 < int(found["port"]) < 65536:
        raise click.UsageError(f"--bind {bind!r} must be HOST:PORT, such as 0.0.0.0:443")
    return found["host"].strip("[]"), int(found["port"])
