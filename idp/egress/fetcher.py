"""Fetching from, and posting to, an address that a client gave: the only code that does.

The answer is small, whole and plain, or there is none: a redirect, an encoding, a broken
certificate or a missing end are errors, never something to make the best of.
"""

import re
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import cast
from urllib.parse import urlencode

from idp import spans
from idp.egress.address import EgressError, IPAddress, Place, address_problem, read
from idp.egress.allow import Allowed
from idp.egress.channel import Channel, Deadline, LookUps, Resolve, connect, system_resolve
from idp.settings.values import Egress

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_DELTA_SECONDS = re.compile(r"[0-9]{1,10}")
_LENGTH = re.compile(r"[0-9]{1,18}")
# Certificates, headers, and what records and chunks of a few bytes add to a body.
_BESIDE_THE_BODY = 65_536


@dataclass(frozen=True)
class Fetched:
    """An answer with any status but 1xx and 3xx."""

    status: int
    content_type: str
    """The media type in lower case, without parameters; empty when there is none."""
    body: bytes = field(repr=False)
    max_age: int | None
    """Seconds for which Cache-Control lets it be kept, 0 for not at all; None when it is silent."""


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
    ) -> Fetched:
        """Post `body` to an address that the operator has set, wherever it leads.

        No client can name such an address, so it may be a machine of the operator's own; all else
        is as in `get`.

        Raises:
            EgressError: no such answer came. What was posted may have arrived.
        """
        every = {
            "Accept": "*/*",
            "Content-Type": media_type,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }
        return self._fetch(url, "POST", every, body, Limits(limit, seconds, anywhere=True))

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
                return _answer(channel, method, limits.body)
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


def _answer(channel: Channel, method: str, limit: int) -> Fetched:
    response = HTTPResponse(cast(socket.socket, channel), method=method)
    try:
        response.begin()
        _check(response, limit)
        body = response.read(limit + 1)
        if len(body) > limit:
            raise EgressError(False, f"the answer is larger than {limit} bytes")
        if response.length:
            raise EgressError(False, "the answer ended too early")
    finally:
        response.close()
    kind = (response.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    return Fetched(
        status=response.status,
        content_type=kind if _MEDIA_TYPE.fullmatch(kind) else "",
        body=body,
        max_age=_max_age(response.headers.get_all("Cache-Control", [])),
    )


def _check(response: HTTPResponse, limit: int) -> None:
    """Refuse what is no plain answer, before its body is read."""
    if not 200 <= response.status < 300 and not 400 <= response.status < 600:
        what = "a redirect" if 300 <= response.status < 400 else "no final answer"
        raise EgressError(False, f"status {response.status} is {what}")
    for name, plain in (("Transfer-Encoding", "chunked"), ("Content-Encoding", "identity")):
        values = response.headers.get_all(name, [])
        if any(value.strip().lower() != plain for value in values):
            raise EgressError(False, f"the answer has another {name} than {plain}")
    lengths = set(response.headers.get_all("Content-Length", []))
    if len(lengths) > 1 or not all(_LENGTH.fullmatch(each.strip()) for each in lengths):
        raise EgressError(False, "the answer does not say how long it is")
    if not response.chunked and response.length is not None and response.length > limit:
        raise EgressError(False, f"the answer is larger than {limit} bytes")


def _max_age(headers: Sequence[str]) -> int | None:
    """Return the shortest time given (RFC 9111 section 5.2.2); what is no number counts as 0."""
    found: list[int] = []
    for directive in ",".join(headers).split(","):
        name, _, value = directive.partition("=")
        if name.strip().lower() in ("no-store", "no-cache"):
            found.append(0)
        elif name.strip().lower() == "max-age":
            number = value.strip().strip('"')
            found.append(int(number) if _DELTA_SECONDS.fullmatch(number) else 0)
    return min(found, default=None)


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
