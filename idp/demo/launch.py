"""Starts and stops the demo: settings, `acrux init`, people, two web servers and the outbox worker.

All in one process, so that Ctrl-C leaves nothing behind. Listens on the loopback address alone.
"""

import logging
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from idp.app import create_app
from idp.demo import authenticator, inbox, relying_party, seed, summary
from idp.errors import CommandError
from idp.installation import Installation
from idp.settings.values import Settings

HOST = "127.0.0.1"
WORKER_PAUSE = 2
"""Seconds between two looks for messages that could not be sent at once."""
_log = logging.getLogger("acrux.demo")


def environment(given: Mapping[str, str], port: int, folder: Path | None = None) -> dict[str, str]:
    """Return the variables of the demo, made from those of the process; `folder` keeps its data.

    Raises:
        CommandError: they are meant for an installation that is no demo.
    """
    if given.get("ACRUX_ENV", "demo") != "demo":
        raise CommandError(
            f"the demo does not run with ACRUX_ENV={given['ACRUX_ENV']}: unset it, or set demo"
        )
    if "ACRUX_ENV" not in given:
        for name in ("ACRUX_CONFIG", "ACRUX_DATABASE__URL"):
            if name in given:
                raise CommandError(
                    f"{name} is set, but the demo makes its own data: unset it, or set"
                    " ACRUX_ENV=demo to say that it belongs to the demo"
                )
    return {
        **given,
        **({"ACRUX_INSTANCE__PATH": str(folder.absolute())} if folder else {}),
        "ACRUX_ENV": "demo",
        "ACRUX_SERVER__ISSUER": f"http://localhost:{port}",
        # Made-up numbers and addresses may be someone's: nothing ever leaves this machine.
        "ACRUX_SMS__BACKEND": "directory",
        "ACRUX_MAIL__BACKEND": "directory",
    }


def run(environ: Mapping[str, str], port: int, rp_port: int) -> None:
    """Run everything until Ctrl-C or SIGTERM.

    Raises:
        CommandError: a port is taken, or the installation cannot be made.
    """
    if port == rp_port:
        raise CommandError("the provider and the application need a port each: choose --rp-port")
    with _listening(port, "--port") as ours, _listening(rp_port, "--rp-port") as theirs:
        _init(environ)
        provider = create_app(environ)
        installation: Installation = provider.extensions["acrux_installation"]
        address = f"http://localhost:{rp_port}"
        application = _application(installation, address)
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        over = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: over.set())
        with _serving(provider, ours), _serving(application, theirs), _working(installation, over):
            summary.show(installation, address)
            over.wait()


@contextmanager
def _listening(port: int, option: str) -> Iterator[socket.socket]:
    """Take a port of this machine.

    Raises:
        CommandError: it is someone else's.
    """
    if not 0 < port < 65536:
        raise CommandError(f"{port} is no port: choose {option} from 1024 to 65535")
    taken = CommandError(f"port {port} is taken by another program: choose one with {option}")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        if _answers(port):
            raise taken
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(128)
        except PermissionError:
            raise CommandError(f"port {port} is for administrators: choose {option}") from None
        except OSError:
            raise taken from None
        yield listener


def _answers(port: int) -> bool:
    """Return True if a program answers at localhost, on whichever address family."""
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return False
    return True


def _init(environ: Mapping[str, str]) -> None:
    """Make or upgrade the installation with the command that an operator would use.

    Raises:
        CommandError: what that command said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "idp", "init"],
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise CommandError(lines[-1].removeprefix("acrux: "))


def _application(installation: Installation, address: str) -> Flask:
    """Return the relying party at `address`, with the inbox beside it."""
    setup = relying_party.Setup(
        issuer=installation.settings.server.issuer,
        address=address,
        registrations=seed.seed(installation, address),
        session_key=installation.keyring.keyed_digest("demo session"),
    )
    application = relying_party.create(setup)
    inboxes = _directories(installation.settings)
    application.register_blueprint(
        inbox.blueprint(inboxes, lambda: authenticator.apps(installation))
    )
    return application


def _directories(settings: Settings) -> dict[str, Path]:
    """Return where messages arrive, by channel."""
    given = {"sms": settings.sms.directory, "mail": settings.mail.directory}
    return {
        channel: Path(directory) if directory else settings.instance_path / channel
        for channel, directory in given.items()
    }


@contextmanager
def _serving(app: Flask, listener: socket.socket) -> Iterator[BaseWSGIServer]:
    """Serve `app` on a socket, one thread for each connection."""
    port = listener.getsockname()[1]
    server = make_server(HOST, port, app, threaded=True, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _working(installation: Installation, over: threading.Event) -> Iterator[None]:
    """Deliver what could not be delivered at once, mail ahead, and seal, as `acrux worker` does."""

    def work() -> None:
        while not over.wait(WORKER_PAUSE):
            try:
                installation.notices.step()
                installation.post.deliver_due()
                installation.sealer.seal()
            except Exception:
                _log.exception("messages could not be delivered, or the ledger not sealed")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
