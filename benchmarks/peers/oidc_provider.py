"""node-oidc-provider, the fastest comparable provider: from npm, behind `provider.mjs` beside this.

`make bench-peers` puts it into a folder outside the checkout. Its one table lies on SQLite, with
commits as durable as Acrux's (FULL) and as it would be run for speed (NORMAL), and on PostgreSQL.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks import machine, operations
from benchmarks.installation import HOST, Site, cluster, free_port, served
from benchmarks.load import Ask, Operation, Unexpected
from benchmarks.operations import REDIRECT_URI, Browser, Party, Paths

PATHS = Paths("/auth", "/token", "/me", "/token/introspection", "/jwks")
PAGES = 8
"""Redirects at most until a browser is back at the application."""


class Variant(NamedTuple):
    """One way to run it."""

    name: str
    database: str
    synchronous: str = ""


VARIANTS = (
    Variant("node sqlite FULL", "sqlite", "FULL"),
    Variant("node sqlite NORMAL", "sqlite", "NORMAL"),
    Variant("node postgresql", "postgresql"),
)


def place() -> Path:
    """Return the folder into which `make bench-peers` puts it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "acrux" / "peers" / "node"


def why_missing() -> str | None:
    """Say why it cannot be measured here; None when it can."""
    if shutil.which("node") is None:
        return "no node on the PATH"
    if not (place() / "node_modules" / "oidc-provider").is_dir():
        return "it is not installed: make bench-peers"
    return None


@contextmanager
def running(
    variant: Variant, folder: Path, *, connections: int, core: int | None
) -> Iterator[Site]:
    """Serve it on `core`, with an empty database of its own."""
    with ExitStack() as stack:
        stack.enter_context(machine.on_core(core))
        roots: list[int] = []
        url = f"sqlite:{folder / 'peer.sqlite'}"
        if variant.database == "postgresql":
            server = stack.enter_context(cluster(folder))
            name = urlsplit(server.create_database()).path.lstrip("/")
            url = f"postgresql://acrux@/{name}?host={server.directory}"
            roots.append(server.processes()[0])
        party, port = Party(secrets.token_urlsafe(32), [], PATHS), free_port()
        environ = os.environ | {
            "NODE_ENV": "production",
            "PORT": str(port),
            "DATABASE": url,
            "SYNCHRONOUS": variant.synchronous,
            "SECRET": party.secret,
            "REDIRECT_URI": REDIRECT_URI,
        }
        words = ["node", "provider.mjs"]
        pid, seconds = stack.enter_context(served(words, environ, folder, port, at=place()))
        browsers = [Browser() for _ in range(connections)]

        def enter(browser: Browser) -> Operation:
            return _enter(party, browser, port)

        beside = f"Acrux {variant.database}"
        yield Site(
            variant.name, party, port, browsers, [pid, *roots], seconds, enter, beside=beside
        )


def _enter(party: Party, browser: Browser, port: int) -> Operation:
    """Follow the redirects of a first sign-in, which asks nothing, and redeem the code."""
    path = party.authorize
    for _ in range(PAGES):
        reply = yield Ask("GET", path, browser.line)
        browser.take(reply)
        path = reply.location.removeprefix(f"http://{HOST}:{port}")
        if not path.startswith("/"):
            return (yield from operations.redeem(party, browser, reply))
    raise Unexpected(f"no way back to the application: {path}")
