"""Fetching from, and posting to, an address that a client gave: the only code that does.

The answer is small, whole and plain, or there is none: a redirect, an encoding, a broken
certificate or a missing end are errors, never something to make the best of.
"""

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import ip_address
from urllib.parse import urlencode

from idp import spans
from idp.egress.address import EgressError, IPAddress, Place, address_problem, read
from idp.egress.allow import Allowed
from idp.egress.answer import Fetched, answer
from idp.egress.channel import Channel, Deadline, LookUps, Resolve, connect, system_resolve
from idp.settings.values import Egress

# Certificates, headers, and what records and chunks of a few bytes add to a body.
_BESIDE_THE_BODY = 65_536


class Fetcher:
    """Fetches under the rules of `egress`. Threads may share one."""

    def __init__(self, egress: Egress, resolve: Resolve = system_resolve) -> None:
        """Read the rules.

        Raises:
            ConfigurationError: `egress.allow` has an entry that means nothing.
        """
        self._allowed = Allowed(egress.allow)
        self._ca_bundle = egress.ca_bundle
        self._look_ups = LookUps(resolve)
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None

    def problem(self, url: str, *, fragment: bool = False) -> str | None:
        """Say why an address will never be fetched; None when a name must be looked up to know.

        Beyond `address_problem`: a host written as an IP address must be one that may be reached.
        """
        text = address_problem(url, fragment=fragment)
        if text is None:
            place = read(url)
            if place.literal is not None:
                try:
                    self._allowed.check(place, place.literal)
                except EgressError as error:
                    return error.reason
        return text

    def unreachable(self, url: str, *, seconds: float = 2.0) -> str | None:
        """Say why `url` would not be reached from here as things are; None when it would.

        Looks the name up, and connects to nothing. A name that is not known here is no answer:
        it may be known where the servers run.
        """
        try:
            self._addresses(read(url), Deadline(seconds))
        except EgressError as error:
            return error.reason
        except (OSError, ValueError):
            return None
        return None

    def get(
        self,
        url: str,
        *,
        accept: str = "application/json",
        limit: int = 65_536,
        seconds: float = 5.0,
        anywhere: bool = False,
    ) -> Fetched:
        """Return what stands at `url`: a body of at most `limit` bytes, within `seconds` in all.

        A fragment is not sent. `anywhere`: the operator has set the address, and no client could
        name it, so it may be a machine of the operator's own.

        Raises:
            EgressError: the address is refused, or no such answer came.
        """
        limits = Limits(limit, seconds, anywhere)
        return self._fetch(url, "GET", {"Accept": accept}, b"", limits)

    def post_form(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        limit: int = 4096,
        seconds: float = 5.0,
    ) -> Fetched:
        """Post `fields` as a form and return the answer, under the same limits as `get`.

        Raises:
            EgressError: the address is refused, or no such answer came. The form may have arrived.
        """
        body = urlencode(fields).encode("ascii")
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
        }
        return self._fetch(url, "POST", headers, body, Limits(limit, seconds))

    def post(
        self,
        url: str,
        body: bytes,
        media_type: str,
        headers: Mapping[str, str] | None = None,
        *,
        limit: int = 4096,
        seconds: float = 10.0,
        anywhere: bool = True,
    ) -> Fetched:
        """Post `body` to an address that the operator has set, wherever it leads.

        No client can name such an address, so it may be a machine of the operator's own. One that a
        client named is not `anywhere`; all else is as in `get`.

        Raises:
            EgressError: no such answer came. What was posted may have arrived.
        """
        every = {
            "Accept": "*/*",
            "Content-Type": media_type,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }
        return self._fetch(url, "POST", every, body, Limits(limit, seconds, anywhere))

    def _fetch(
        self, url: str, method: str, headers: Mapping[str, str], body: bytes, limits: "Limits"
    ) -> Fetched:
        place = read(url)
        about = {"http.request.method": method, "server.address": place.host}
        with spans.around(f"{method} {place.host}", **about) as along:
            return self._fetch_from(place, method, {**headers, **along}, body, limits)

    def _fetch_from(
        self, place: Place, method: str, headers: Mapping[str, str], body: bytes, limits: "Limits"
    ) -> Fetched:
        message = _request(method, place, headers, body)
        deadline = Deadline(limits.seconds)
        try:
            addresses = self._addresses(place, deadline, limits.anywhere)
            with connect(addresses, place.port, deadline) as connection:
                channel = Channel(connection, deadline, 2 * limits.body + _BESIDE_THE_BODY)
                channel.secure(self._trust(), place.host)
                channel.send(message)
                return answer(channel, method, limits.body)
        except (OSError, HTTPException, ValueError) as error:
            raise EgressError(False, in_words(error, limits.seconds)) from None

    def _addresses(
        self, place: Place, deadline: Deadline, anywhere: bool = False
    ) -> Sequence[IPAddress]:
        """Return the addresses to connect to, each of them checked: nothing is looked up again."""
        if place.literal is not None:
            found: list[IPAddress] = [place.literal]
        else:
            names = self._look_ups.addresses(place.host, place.port, deadline)
            found = [ip_address(text) for text in names]
        for address in found:
            if not anywhere:
                self._allowed.check(place, address)
        return found

    def _trust(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = trust(self._ca_bundle)
            return self._context


@dataclass(frozen=True)
class Limits:
    """Bytes of a body, and seconds of a whole fetch; `anywhere`: no machine is refused."""

    body: int
    seconds: float
    anywhere: bool = False


def trust(ca_bundle: str) -> ssl.SSLContext:
    """Return whose certificates are believed: the system's authorities, and those of a file.

    Raises:
        EgressError: the file cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    # Were it set, an answer that someone cut off would look complete.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    context.set_alpn_protocols(["http/1.1"])
    context.load_default_certs()
    if ca_bundle:
        try:
            context.load_verify_locations(cafile=ca_bundle)
        except OSError:
            raise EgressError(False, "egress.ca_bundle holds no certificates to read") from None
    return context


def _request(method: str, place: Place, headers: Mapping[str, str], body: bytes) -> bytes:
    every = {
        "Host": place.authority,
        "User-Agent": "Acrux",
        **headers,
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    lines = [f"{method} {place.target} HTTP/1.1", *(f"{n}: {v}" for n, v in every.items())]
    if not all(line.isascii() and line.isprintable() for line in lines):
        raise ValueError("a header must be printable ASCII")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def in_words(error: Exception, seconds: float) -> str:
    """Say what went wrong, in words of ours and of the system: nothing that the peer wrote."""
    match error:
        case TimeoutError():
            return f"there was no complete answer within {seconds:g} seconds"
        case ssl.SSLCertVerificationError():
            return f"the certificate is not accepted: {error.verify_message}"
        case ssl.SSLEOFError():
            return "the connection ended too early"
        case ssl.SSLError():
            return f"TLS failed: {error.reason}"
        case socket.gaierror():
            return "the name is not known"
        case OSError():
            return f"the connection failed: {error.strerror}"
        case _:
            return f"the answer is not understood: {type(error).__name__}"
