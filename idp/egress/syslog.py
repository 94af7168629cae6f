"""Lines for a collector of logs: RFC 5424, each behind its length (RFC 5425, RFC 6587 3.4.1).

Syslog knows no receipt. What it has is the end of the connection: over TLS a receiver answers our
close_notify with its own (RFC 5425 section 4.4), which it reads behind all that was sent before.
"""

import re
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address

from idp.egress.address import EgressError
from idp.egress.channel import Deadline, LookUps, Resolve, connect, system_resolve
from idp.egress.fetcher import in_words

AUDIT = 13
"""The facility: log audit (RFC 5424 section 6.2.1)."""
NOTICE = 5
SECONDS = 15.0
LINGER = 2.0
"""Seconds in which the other side may close after the last line: most do at once, some never."""
_CONTROL = re.compile(r"[\x00-\x1f]")
_READ = 4096
_NIL = "-"


class SlowError(EgressError):
    """The collector did not take all of it in time: less might arrive."""


def line(text: str, *, at: int, host: str, kind: str, severity: int = NOTICE) -> bytes:
    """Return one message; `kind` is its MSGID. Of text of others nothing may stand in its header.

    A control character becomes a blank: some collectors would end the line there. Text goes as
    octets, as section 6.4 calls what has no mark of UTF-8 in front.
    """
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    head = f"<{AUDIT * 8 + severity}>1 {when} {_word(host, 255)} acrux - {_word(kind, 32)} {_NIL} "
    return head.encode("ascii") + _CONTROL.sub(" ", text).encode()


def _word(text: str, longest: int) -> str:
    kept = "".join(c for c in text if "!" <= c <= "~")[:longest]
    return kept or _NIL


class Collector:
    """A collector at an address that the operator has set, over TLS or in the open."""

    def __init__(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext | None,
        *,
        patient: bool = False,
        resolve: Resolve = system_resolve,
    ) -> None:
        """`tls`: how it proves who it is; None: it need not, and everything goes in the open.

        `patient`: lines have arrived only when the other side has ended the connection too. Else
        they have when it said nothing against that in a moment.
        """
        self._host, self._port = host, port
        self._tls, self._patient = tls, patient
        self._look_ups = LookUps(resolve)

    def send(self, lines: Sequence[bytes], seconds: float = SECONDS) -> None:
        """Send lines over one connection, in order.

        Raises:
            EgressError: it was not reached, is not who it should be, or broke off. Some of the
                lines may have arrived. `SlowError` when it took too long.
        """
        framed = b"".join(b"%d %s" % (len(one), one) for one in lines)
        deadline = Deadline(seconds)
        try:
            names = self._look_ups.addresses(self._host, self._port, deadline)
            found = [ip_address(text) for text in names]
            with connect(found, self._port, deadline) as connection:
                connection.settimeout(deadline.left())
                if self._tls is None:
                    connection.sendall(framed)
                    connection.shutdown(socket.SHUT_WR)
                    self._listen(connection, deadline)
                else:
                    self._send_secured(connection, self._tls, framed, deadline)
        except TimeoutError as error:
            raise SlowError(False, in_words(error, seconds)) from None
        except (OSError, ValueError) as error:
            raise EgressError(False, in_words(error, seconds)) from None

    def _send_secured(
        self, connection: socket.socket, tls: ssl.SSLContext, framed: bytes, deadline: Deadline
    ) -> None:
        with tls.wrap_socket(connection, server_hostname=self._host) as secured:
            secured.settimeout(deadline.left())
            secured.sendall(framed)
            secured.settimeout(self._left(deadline))
            # In TLS 1.3 a client hears only now that its handshake was refused. Some close without
            # a word; then TCP has told that they read everything, or that it was reset.
            try:
                raw = secured.unwrap()
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                return
            except TimeoutError:
                if self._patient:
                    raise
                return
            if self._patient:
                self._listen(raw, deadline)

    def _listen(self, connection: socket.socket, deadline: Deadline) -> None:
        connection.settimeout(self._left(deadline))
        with suppress(*(() if self._patient else (TimeoutError,))):
            while connection.recv(_READ):
                connection.settimeout(self._left(deadline))

    def _left(self, deadline: Deadline) -> float:
        return deadline.left() if self._patient else LINGER
