"""The wire to the directory: connected, with TLS, and cut when its time is over.

libldap speaks the protocol. It is given one end of a pair of sockets, and everything between that
and the directory goes through here: libldap waits for a handshake that never ends for ever, and
knows a host by other names than the rest of Acrux does. Certificates are checked as everywhere.
"""

import selectors
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from idp.directory.answers import DirectoryError
from idp.egress.channel import Deadline, LookUps, connect, system_resolve
from idp.settings.directory import Directory

PORTS = {"ldaps": 636, "ldap": 389}
_PIECE = 65_536
_START_TLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
"""The request (RFC 4511 section 4.14.1) as the first message."""
_LONGEST = 4096
_look_ups = LookUps(system_resolve)


@contextmanager
def wired(settings: Directory) -> Iterator[int]:
    """Open a wire; give the file descriptor that libldap speaks into, which is then libldap's.

    All that is said on it, the beginning included, has `directory.seconds` together.

    Raises:
        DirectoryError: no directory of `directory.url` could be reached, or be trusted.
    """
    deadline = Deadline(settings.seconds)
    far = _opened(settings, deadline)
    near, given = socket.socketpair()
    thread = threading.Thread(
        target=_relay, args=(far, near, deadline), name="acrux-directory", daemon=True
    )
    thread.start()
    try:
        yield given.detach()
    finally:
        with suppress(OSError):
            near.shutdown(socket.SHUT_RDWR)
        thread.join()


def _opened(settings: Directory, deadline: Deadline) -> socket.socket:
    problems = []
    for url in settings.url.split():
        try:
            return _one(url, settings, deadline)
        except ssl.SSLCertVerificationError as error:
            problems.append(f"the certificate is not accepted: {error.verify_message}")
        except TimeoutError:
            problems.append(f"no answer within {settings.seconds} seconds")
        except (OSError, ValueError) as error:
            problems.append(getattr(error, "strerror", None) or str(error) or "no connection")
    raise DirectoryError("; ".join(dict.fromkeys(problems)))


def _one(url: str, settings: Directory, deadline: Deadline) -> socket.socket:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    found = _look_ups.addresses(host, port, deadline)
    raw = connect([ip_address(text) for text in found], port, deadline)
    try:
        if parts.scheme == "ldap" and settings.start_tls:
            _start_tls(raw, deadline)
        if parts.scheme == "ldaps" or settings.start_tls:
            return _secured(raw, host, settings.ca_bundle, deadline)
    except BaseException:
        raw.close()
        raise
    return raw


def _secured(raw: socket.socket, host: str, ca_bundle: str, deadline: Deadline) -> ssl.SSLSocket:
    """Shake hands with the one machine that can prove to be `host`, until the deadline."""
    secured = _context(ca_bundle).wrap_socket(
        raw, server_hostname=host, do_handshake_on_connect=False
    )
    try:
        _shake_hands(secured, deadline)
    except BaseException:
        secured.close()
        raise
    return secured


def _shake_hands(secured: ssl.SSLSocket, deadline: Deadline) -> None:
    secured.setblocking(False)
    with selectors.DefaultSelector() as ready:
        ready.register(secured, selectors.EVENT_READ)
        while True:
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                ready.modify(secured, selectors.EVENT_READ)
            except ssl.SSLWantWriteError:
                ready.modify(secured, selectors.EVENT_WRITE)
            else:
                return
            if not ready.select(deadline.left()):
                raise TimeoutError


def _context(ca_bundle: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_bundle or None)
    except OSError:
        raise ValueError("directory.ca_bundle holds no certificates to read") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _start_tls(raw: socket.socket, deadline: Deadline) -> None:
    """Ask for TLS (RFC 4511 section 4.14); nothing is read beyond the answer."""
    raw.settimeout(deadline.left())
    raw.sendall(_START_TLS)
    tag, message = _element(raw, deadline)
    # What is inside: the number of the message, then the answer, which begins with its result.
    if tag == 0x30 and message[:3] == b"\x02\x01\x01" and message[3:4] == b"\x78":
        at = 5 + (message[4] & 0x7F if message[4] & 0x80 else 0)
        if message[at : at + 3] == b"\x0a\x01\x00":
            return
    raise ValueError("it does not begin TLS (StartTLS)")


def _element(raw: socket.socket, deadline: Deadline) -> tuple[int, bytes]:
    """Return the tag and the content of the one element that comes (ITU-T X.690 section 8.1)."""
    tag, length = _exactly(raw, 2, deadline)
    if length & 0x80:
        length = int.from_bytes(_exactly(raw, length & 0x7F, deadline), "big")
    if not 0 < length <= _LONGEST:
        raise ValueError("what it says is no LDAP")
    return tag, _exactly(raw, length, deadline) + b"\0" * 8


def _exactly(raw: socket.socket, count: int, deadline: Deadline) -> bytes:
    read = b""
    while len(read) < count:
        raw.settimeout(deadline.left())
        piece = raw.recv(count - len(read))
        if not piece:
            raise OSError("it ended the connection")
        read += piece
    return read


def _relay(far: socket.socket, near: socket.socket, deadline: Deadline) -> None:
    """Hand on what each side says until one ends, or the time is over."""
    with closing(far), closing(near), selectors.DefaultSelector() as ready:
        ready.register(far, selectors.EVENT_READ, (far, near))
        ready.register(near, selectors.EVENT_READ, (near, far))
        # A peer that ends, a time that is over, TLS that breaks: libldap sees the end.
        with suppress(OSError, ValueError):
            while True:
                for key, _ in ready.select(deadline.left()):
                    source, to = key.data
                    if not _handed_on(source, to, deadline):
                        return


def _handed_on(source: socket.socket, to: socket.socket, deadline: Deadline) -> bool:
    """Hand on what is there; False at its end."""
    while True:
        source.settimeout(deadline.left())
        to.settimeout(deadline.left())
        piece = source.recv(_PIECE)
        if not piece:
            return False
        to.sendall(piece)
        # What TLS has decrypted already shows in no selector.
        if not (isinstance(source, ssl.SSLSocket) and source.pending()):
            return True
