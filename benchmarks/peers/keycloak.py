"""Keycloak, the provider that most companies run: its distribution, unmodified, on PostgreSQL.

`make bench-peers` puts it into a folder outside the checkout, built for PostgreSQL. A realm of one
client and its people is imported at the start; refresh tokens are rotated, as they are at Acrux.
Its sign-in asks for a password alone, so there is no row for it.
"""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from benchmarks import machine, operations
from benchmarks.installation import HOST, Site, cluster, free_port, served
from benchmarks.load import Ask, Operation, Unexpected
from benchmarks.operations import CLIENT_ID, PASSWORD, REDIRECT_URI, Browser, Party, Paths

NAME = "Keycloak postgresql"
REALM = "bench"
_BASE = f"/realms/{REALM}"
_PROTOCOL = f"{_BASE}/protocol/openid-connect"
PATHS = Paths(
    authorize=f"{_PROTOCOL}/auth",
    token=f"{_PROTOCOL}/token",
    userinfo=f"{_PROTOCOL}/userinfo",
    introspection=f"{_PROTOCOL}/token/introspect",
    jwks=f"{_PROTOCOL}/certs",
    discovery=f"{_BASE}/.well-known/openid-configuration",
)
SCOPE = "openid profile email"
"""It gives refresh tokens for these; with offline_access it would end the browser's session."""
_FORM = re.compile(rb'<form[^>]* action="([^"]+)"')


def place() -> Path:
    """Return the folder into which `make bench-peers` puts it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "acrux" / "peers" / "keycloak"


def why_missing() -> str | None:
    """Say why it cannot be measured here; None when it can."""
    if shutil.which("java") is None:
        return "no java on the PATH"
    if not (place() / "bin" / "kc.sh").is_file():
        return "it is not installed: make bench-peers"
    return None


@contextmanager
def running(folder: Path, *, connections: int, core: int | None) -> Iterator[Site]:
    """Serve it on `core`, with an empty database of its own."""
    with ExitStack() as stack:
        stack.enter_context(machine.on_core(core))
        database = free_port()
        # Its driver knows no socket files.
        options = {"listen_addresses": HOST, "port": str(database)}
        server = stack.enter_context(cluster(folder, **options))
        name = urlsplit(server.create_database()).path.lstrip("/")
        party, port = Party(secrets.token_urlsafe(32), [], PATHS, SCOPE), free_port()
        home = _own_copy(folder, party.secret, connections)
        environ = os.environ | {
            "KC_DB_URL": f"jdbc:postgresql://{HOST}:{database}/{name}",
            "KC_DB_USERNAME": "acrux",
            "KC_DB_PASSWORD": "any",
            "KC_LOG_LEVEL": "warn",
        }
        words = [
            *("bin/kc.sh", "start", "--optimized", "--import-realm", "--http-enabled=true"),
            *(f"--http-host={HOST}", f"--http-port={port}", "--hostname-strict=false"),
        ]
        pid, seconds = stack.enter_context(
            served(words, environ, folder, port, at=home, first=PATHS.discovery, patience=180)
        )
        people = iter(range(connections))
        browsers = [Browser() for _ in range(connections)]

        def enter(browser: Browser) -> Operation:
            return _enter(party, browser, f"person{next(people)}")

        roots = [pid, server.processes()[0]]
        yield Site(NAME, party, port, browsers, roots, seconds, enter, beside="Acrux postgresql")


def _own_copy(folder: Path, secret: str, people: int) -> Path:
    """Return a folder of its own for a realm and what it writes; the rest is linked there."""
    home = folder / "keycloak"
    # Its home is where its script lies.
    shutil.copytree(place() / "bin", home / "bin")
    for part in place().iterdir():
        if part.name not in ("bin", "data"):
            (home / part.name).symlink_to(part)
    imported = home / "data" / "import"
    imported.mkdir(parents=True)
    (imported / "realm.json").write_text(json.dumps(_realm(secret, people)))
    return home


def _realm(secret: str, people: int) -> dict[str, object]:
    client = {
        "clientId": CLIENT_ID,
        "secret": secret,
        "redirectUris": [REDIRECT_URI],
        "serviceAccountsEnabled": True,
        "attributes": {"pkce.code.challenge.method": "S256"},
    }
    members = [
        {
            "username": f"person{number}",
            "enabled": True,
            "email": f"person{number}@example.org",
            "emailVerified": True,
            "firstName": "Person",
            "lastName": str(number),
            "credentials": [{"type": "password", "value": PASSWORD}],
        }
        for number in range(people)
    ]
    return {
        "realm": REALM,
        "enabled": True,
        "sslRequired": "none",
        "revokeRefreshToken": True,
        "refreshTokenMaxReuse": 0,
        "clients": [client],
        "users": members,
    }


def _enter(party: Party, browser: Browser, username: str) -> Operation:
    """Sign in by the form of its page, and redeem the code."""
    page = yield Ask("GET", party.authorize, browser.line)
    browser.take(page)
    form = _FORM.search(page.body)
    if form is None:
        raise Unexpected(f"Keycloak shows no form: {page.head[:300]!r}")
    address = urlsplit(unescape(form[1].decode()))
    body = urlencode({"username": username, "password": PASSWORD})
    reply = yield Ask("POST", f"{address.path}?{address.query}", browser.line, body)
    browser.take(reply)
    yield from operations.redeem(party, browser, reply)
