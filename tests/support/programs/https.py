"""A small HTTPS server on the loopback address, under an authority of its own.

Other tests use it for what a client publishes or receives: keys, request objects, logout tokens.
"""

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from idp.settings.values import Egress

NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Received:
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    """What a route says; Content-Length is added unless `headers` has something in its place."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass(frozen=True)
class Raw:
    """Bytes to send as they are, piece by piece, the status line included.

    With `farewell`, TLS is closed properly afterwards; otherwise the connection just ends.
    """

    pieces: Iterable[bytes]
    farewell: bool = True


Route = bytes | Answer | Raw | Callable[[Received], bytes | Answer | Raw]


class HttpsServer:
    """The server, what it was asked (`requests`), and how often someone connected."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        directory: Path,
        names: Iterable[str] = NAMES,
        newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ) -> None:
        self.routes = dict(routes)
        self.requests: list[Received] = []
        self.connections = 0
        self.ending = threading.Event()
        """Set when the test is over: what a slow route waits on."""
        self.ca_bundle = directory / "authority.pem"
        identity = write_authority(directory, names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(identity)
        if newest != ssl.TLSVersion.MAXIMUM_SUPPORTED:
            # Without the lower security level OpenSSL would not offer the old versions at all.
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = newest
        self._server = _Server(self, context)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def url(self, path: str = "/", host: str = "localhost") -> str:
        """Return the address of a route."""
        return f"https://{host}:{self.port}{path}"

    def egress(self, *allow: str) -> Egress:
        """Return settings under which a fetcher may come here and trusts what it meets."""
        return Egress(allow=allow or NAMES, ca_bundle=str(self.ca_bundle))

    def settings(self) -> dict[str, Any]:
        """Return the same for `tests.support.site.Site(…, **settings)`."""
        return {"egress__allow": ",".join(NAMES), "egress__ca_bundle": str(self.ca_bundle)}

    def answer(self, request: Received) -> Answer | Raw:
        """Find the route by path, without its query, and record the request."""
        self.requests.append(request)
        route = self.routes.get(request.path.partition("?")[0])
        if route is None:
            return Answer(status=404)
        said = route(request) if callable(route) else route
        return Answer(said) if isinstance(said, bytes) else said

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    """Each connection in a thread of its own, its handshake too."""

    daemon_threads = True
    request_queue_size = 64
    block_on_close = False

    def __init__(self, owner: HttpsServer, context: ssl.SSLContext) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.owner.connections += 1
        # A client that says nothing must not keep a thread for ever.
        connection.settimeout(20)
        return connection, address

    def handle_error(self, *_: object) -> None:
        """Say nothing: many tests end a connection on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        said = self.server.owner.answer(Received(self.command, self.path, headers, body))
        if isinstance(said, Raw):
            self._send_raw(said)
            return
        self.send_response(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        if not {"content-length", "transfer-encoding"} & {name.lower() for name in said.headers}:
            self.send_header("Content-Length", str(len(said.body)))
        self.end_headers()
        self.wfile.write(said.body)

    def _send_raw(self, said: Raw) -> None:
        with suppress(OSError):
            for piece in said.pieces:
                self.wfile.write(piece)
                self.wfile.flush()
            if said.farewell:
                assert isinstance(self.connection, ssl.SSLSocket)
                self.connection.settimeout(1)
                self.connection.unwrap()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def https_server(
    routes: Mapping[str, Route],
    directory: Path,
    names: Iterable[str] = NAMES,
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> Iterator[HttpsServer]:
    """A server that runs inside the `with`: its certificate for `names`, its TLS up to `newest`."""
    server = HttpsServer(routes, directory, names, newest)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def write_authority(directory: Path, names: Iterable[str]) -> Path:
    """Write `authority.pem`, and return a file with a certificate for `names` and its key."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = _name("authority of the tests")
    authority = (
        _builder(issuer, issuer, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    certificate = (
        _builder(_name("server of the tests"), issuer, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False
        )
        .sign(authority_key, hashes.SHA256())
    )
    (directory / "authority.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    file = directory / "identity.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
