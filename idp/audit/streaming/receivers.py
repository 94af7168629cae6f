"""Receivers as the settings name them, and an event as each form writes it on one line."""

import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.audit import cef, export, ocsf
from idp.settings.values import Stream
from idp.store.events import EventRow

SYSLOG_PORT = 6514
"""Of syslog over TLS (RFC 5425 section 4.1)."""
FORMS: dict[str, Callable[[EventRow], str]] = {
    "jsonl": lambda row: json.dumps(export.record(row)),
    "ocsf": lambda row: json.dumps(ocsf.as_ocsf(row)),
    "cef": cef.as_cef,
}
"""How an event is written: on one line, without its end."""


class UnsentError(Exception):
    """A batch did not arrive, or nobody said that it did: one line, without secrets.

    `wait` is for how many seconds the receiver wants to be left alone, if it said so; `too_large`
    says that fewer events might arrive.
    """

    def __init__(self, said: str, *, wait: int = 0, too_large: bool = False) -> None:
        super().__init__(said)
        self.wait = wait
        self.too_large = too_large


@dataclass(frozen=True)
class Receiver:
    """Where events go: `name` is the address without what may be secret in it."""

    name: str
    scheme: str
    host: str
    port: int
    path: str
    form: str

    @property
    def write(self) -> Callable[[EventRow], str]:
        """What makes a line of an event."""
        return FORMS[self.form]


def all_of(stream: Stream) -> tuple[Receiver, ...]:
    """Return the receivers in the order in which they are named; the settings were checked."""
    return tuple(_receiver(address, stream.format) for address in stream.to)


def _receiver(address: str, form: str) -> Receiver:
    """Return what an address names; behind `#` it may have a form of its own."""
    url = urlsplit(address)
    syslog = url.scheme == "syslog+tls"
    name = f"{url.scheme}://{url.netloc}{url.path if not syslog else ''}"
    return Receiver(
        name=name[:255],
        scheme=url.scheme,
        host=url.hostname or "",
        port=url.port or (SYSLOG_PORT if syslog else 443),
        path=(url.path or "/") + (f"?{url.query}" if url.query else ""),
        form=url.fragment or form,
    )


def tls(stream: Stream) -> ssl.SSLContext:
    """Return how a receiver must prove who it is, and what we show if it asks."""
    context = ssl.create_default_context(cafile=stream.ca_bundle or None)
    if stream.certificate:
        context.load_cert_chain(stream.certificate)
    return context
