"""Which addresses of applications the servers would refuse to reach, told before anyone waits.

Owns looking their names up and the words for what is wrong. Never connects to one, and never
refuses a registration: the name may mean another machine where the servers run.
"""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import click

from idp.cli.doctor.finding import BAD, GOOD, OPEN, Finding
from idp.egress import Fetcher
from idp.oidc.clients.client import Client, parse
from idp.settings.values import Settings
from idp.store.db import Work
from idp.store.oidc import clients

LOOK_UP = 2.0
"""Seconds for one name."""
IN_ALL = 20.0
"""Seconds after which `acrux doctor` looks no further names up."""


def unreached(fetcher: Fetcher, client: Client) -> Iterator[str]:
    """Yield what is wrong with each address of a client that is fetched from or posted to."""
    for member, uri in _addresses(client):
        problem = fetcher.unreachable(uri, seconds=LOOK_UP)
        if problem is not None:
            host = urlsplit(uri).netloc
            yield f"{member} will not be reached: {problem}; add {host} to egress.allow"


def warn(fetcher: Fetcher, client: Client) -> None:
    """Say on standard error what `unreached` finds."""
    for text in unreached(fetcher, client):
        click.echo(f"warning: {text}", err=True)


def _addresses(client: Client) -> Iterator[tuple[str, str]]:
    for member in ("jwks_uri", "backchannel_logout_uri"):
        uri = getattr(client, member)
        if uri is not None:
            yield member, uri
    for uri in client.request_uris:
        yield "request_uris", uri


def reach_findings(work: Work, loaded: Settings) -> Iterator[Finding]:
    """Every application's keys can be fetched, and it can be told of the end of a session."""
    fetcher = Fetcher(loaded.egress)
    until = time.monotonic() + IN_ALL
    wrong, whole = 0, True
    for row in clients.everything(work):
        if time.monotonic() > until:
            whole = False
            break
        for text in unreached(fetcher, parse(row)):
            wrong += 1
            what, _, mend = text.rpartition("; ")
            yield Finding(BAD, "egress", f"{row.id} ({row.name}): {what}", mend)
    if not whole:
        yield Finding(OPEN, "egress", "names took too long to look up: not all were looked at")
    elif not wrong:
        yield Finding(GOOD, "egress", "nothing that applications name is refused")
