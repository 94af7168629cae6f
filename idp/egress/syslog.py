"""Lines for a collector of logs: RFC 5424, each behind its length (RFC 5425, RFC 6587 3.4.1).

Syslog knows no receipt. What is sent counts as taken once the other side has had the end of it too,
and said nothing against it; so a line may come twice, and none is missing without a word.
"""

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address

from idp.egress.address import EgressError
from idp.egress.channel import Deadline, LookUps, Resolve, connect, system_resolve
from idp.egress.fetcher import in_words, trust

AUDIT = 13
"""The facility (RFC 5424 section 6.2.1)."""
NOTICE = 5
SECONDS = 15.0
LINGER = 2.0
"""Seconds in which the other side may close after the last line: most do at once, some never."""
_NIL = "-"


def line(
    text: str, *, at: int, host: str, kind: str, severity: int = NOTICE, data: str = _NIL
) -> bytes:
    """Return one message; `kind` is its MSGID, `data` its structured data as it stands there.

    Raises:
        ValueError: the text holds a control character: some collectors would end the line there.
    """
    if not text.isprintable():
        raise ValueError("a line for a collector of logs has no control characters")
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    head = f"<{AUDIT * 8 + severity}>1 {when} {_word(host, 255)} acrux - {_word(kind, 32)} {data} "
    # Octets, as section 6.4 calls what has no mark in front: that mark would end up in the text.
    return head.encode("ascii") + text.encode()


def _word(text: str, longest: int) -> str:
    kept = "".join(c for c in text if "!" <= c <= "~")[:longest]
    return kept or _NIL


class Collector:
    """A collector at an address that the operator has set, over TLS or in the open."""

    def __init__(
        self, host: str, port: int, *, tls: bool, ca_bundle: str, resolve: Resolve = system_resolve
    ) -> None:
        self._host, self._port = host, port
        self._tls, self._ca_bundle = tls, ca_bundle
        self._look_ups = LookUps(resolve)

    def send(self, lines: Sequence[bytes], seconds: float = SECONDS) -> None:
        """Send lines over one connection, in order.

        Raises:
            EgressError: it was not reached, is not who it should be, or broke off. Some of the
                lines may have arrived.
        """
        framed = b"".join(b"%d %s" % (len(one), one) for one in lines)
        deadline = Deadline(seconds)
        try:
            names = self._look_ups.addresses(self._host, self._port, deadline)
            found = [ip_address(text) for text in names]
            with connect(found, self._port, deadline) as connection:
                connection.settimeout(deadline.left())
                if self._tls:
                    self._send_secured(connection, framed)
                else:
                    connection.sendall(framed)
                    connection.shutdown(socket.SHUT_WR)
                    _listen(connection)
        except (OSError, ValueError) as error:
            raise EgressError(False, in_words(error, seconds)) from None

    def _send_secured(self, connection: socket.socket, framed: bytes) -> None:
        context = trust(self._ca_bundle)
        with context.wrap_socket(connection, server_hostname=self._host) as secured:
            secured.sendall(framed)
            secured.settimeout(LINGER)
            # In TLS 1.3 a client hears only now that its handshake was refused.
            with suppress(TimeoutError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                secured.unwrap()


def _listen(connection: socket.socket) -> None:
    connection.settimeout(LINGER)
    with suppress(TimeoutError):
        while connection.recv(4096):
            pass
