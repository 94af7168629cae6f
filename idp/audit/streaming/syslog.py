"""Syslog over TLS: RFC 5424 messages, framed and closed as RFC 5425 says.

The protocol has no word for "I have it". What it has is the end of TLS: a receiver answers our
close_notify with its own (RFC 5425 section 4.4), which it reads behind all that was sent before. So
each batch is a connection, and has arrived when the receiver closed its side, too.
"""

import socket
import ssl
import time
from collections.abc import Sequence

from idp import clock
from idp.audit.ocsf import severity
from idp.audit.streaming.receivers import Receiver, UnsentError
from idp.store.events import EventRow

SECONDS = 30.0
"""For a whole batch."""
_FACILITY = 13
"""log audit (RFC 5424 section 6.2.1)."""
_SEVERITY = {1: 6, 2: 5, 3: 4, 4: 2}
"""Of OCSF's severities, those of RFC 5424: informational, notice, warning, critical."""
_BOM = "\ufeff"
_READ = 4096


def deliver(
    receiver: Receiver, rows: Sequence[EventRow], context: ssl.SSLContext, origin: str
) -> None:
    """Send events and wait until they were read. `origin` is the host that the messages name.

    Raises:
        UnsentError: they may not have arrived.
    """
    data = b"".join(framed(message(row, receiver, origin)) for row in rows)
    end = time.monotonic() + SECONDS
    try:
        with (
            socket.create_connection((receiver.host, receiver.port), SECONDS) as raw,
            context.wrap_socket(raw, server_hostname=receiver.host) as line,
        ):
            line.settimeout(_left(end))
            line.sendall(data)
            _close(line, end)
    except TimeoutError:
        raise UnsentError("it did not take the events in time", too_large=True) from None
    except (OSError, ValueError) as error:
        raise UnsentError(f"{receiver.host}:{receiver.port}: {error}") from None


def message(row: EventRow, receiver: Receiver, origin: str) -> bytes:
    """Return an event as a message of RFC 5424. Of text of others nothing stands in its header."""
    pri = _FACILITY * 8 + _SEVERITY[severity(row)]
    kind = "".join(c for c in row.kind if "!" <= c <= "~")[:32] or "-"
    text = receiver.write(row)
    mark = "" if text.isascii() else _BOM
    return f"<{pri}>1 {clock.iso(row.at)} {origin} acrux - {kind} - {mark}{text}".encode()


def framed(text: bytes) -> bytes:
    """Return a message with its length before it (RFC 5425 section 4.3.1)."""
    return b"%d %s" % (len(text), text)


def _close(line: ssl.SSLSocket, end: float) -> None:
    """Say that this is all, and wait for the other side to say so, too.

    Some receivers close without a word; then TCP has told that they read everything, or that the
    connection was reset.
    """
    line.settimeout(_left(end))
    try:
        raw = line.unwrap()
    except ssl.SSLEOFError:
        return
    raw.settimeout(_left(end))
    while raw.recv(_READ):
        raw.settimeout(_left(end))


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
