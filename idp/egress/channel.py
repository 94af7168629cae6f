"""A connection with one deadline for all of it: name, address, TLS, and every byte of the answer.

TLS runs over buffers in memory, so that each read of the socket is ours to time and to count: a
peer that drips, or that sends records which carry nothing, meets the deadline or the allowance.
"""

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from idp.egress.address import EgressError, IPAddress

Resolve = Callable[[str, int], Sequence[str]]
"""From a host name and a port to its addresses, written as text."""

MOST_LOOK_UPS = 16
MOST_ADDRESSES = 4
_READ = 16_384
_Result = TypeVar("_Result")


class Deadline:
    """The end of one call: a length of time, which no change of the system's clock alters."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system, which asks the DNS and the hosts file."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class LookUps:
    """Look-ups in threads of their own, since the system's cannot be ended early.

    At most `MOST_LOOK_UPS` are under way: further ones wait their turn, within their deadline.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._slots = threading.BoundedSemaphore(MOST_LOOK_UPS)

    def addresses(self, host: str, port: int, deadline: Deadline) -> Sequence[str]:
        """Return the addresses of a name.

        Raises:
            OSError: there are none, or the look-up failed; TimeoutError when it took too long.
        """
        if not self._slots.acquire(timeout=deadline.left()):
            raise TimeoutError
        answer: Future[Sequence[str]] = Future()
        thread = threading.Thread(
            target=self._run, args=(answer, host, port), name="acrux-look-up", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            self._slots.release()
            raise OSError(0, "no thread could be started") from None
        return answer.result(deadline.left())

    def _run(self, answer: Future[Sequence[str]], host: str, port: int) -> None:
        try:
            answer.set_result(self._resolve(host, port))
        except Exception as error:  # raised where it is waited for
            answer.set_exception(error)
        finally:
            self._slots.release()


def connect(addresses: Sequence[IPAddress], port: int, deadline: Deadline) -> socket.socket:
    """Return a connection to the first of a few addresses that takes one.

    The time that is left is shared between those still to be tried.

    Raises:
        OSError: none did.
    """
    tried = addresses[:MOST_ADDRESSES]
    failure = OSError(0, "the host has no address")
    for position, address in enumerate(tried):
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(deadline.left() / (len(tried) - position))
            connection.connect((str(address), port))
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


class Channel(io.RawIOBase):
    """TLS over a connected socket, as a raw stream. Closing it leaves the socket alone."""

    def __init__(self, connection: socket.socket, deadline: Deadline, allowance: int) -> None:
        """Take at most `allowance` bytes from the network, until `deadline`."""
        super().__init__()
        self._connection = connection
        self._deadline = deadline
        self._allowance = allowance
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Shake hands with the one machine that can prove to be `host`.

        Raises:
            ssl.SSLError: it could not; OSError.
        """
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._until_done(self._tls.do_handshake)

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        tls = self._secured()
        self._until_done(lambda: tls.write(data))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what comes next; 0 after the peer has said that it is done.

        Raises:
            ssl.SSLEOFError: the connection ended without that word, so something may be missing.
        """
        tls = self._secured()
        try:
            data = self._until_done(lambda: tls.read(len(buffer)))
        except ssl.SSLZeroReturnError:
            return 0
        buffer[: len(data)] = data
        return len(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Give `http.client` what it asks of a socket."""
        return io.BufferedReader(self)

    def _secured(self) -> ssl.SSLObject:
        assert self._tls is not None, "nothing is sent or read before TLS"
        return self._tls

    def _until_done(self, step: Callable[[], _Result]) -> _Result:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._connection.settimeout(self._deadline.left())
            self._connection.sendall(data)

    def _fill(self) -> None:
        self._connection.settimeout(self._deadline.left())
        data = self._connection.recv(_READ)
        self._allowance -= len(data)
        if self._allowance < 0:
            raise EgressError(False, "the answer is too large")
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
