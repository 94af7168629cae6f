"""A real SMTP server on the loopback address: keeps what it takes, and can refuse or greylist."""

import datetime
import email
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# The server would log every address: that log is its own, not Acrux's.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Received:
    """A mail as it arrived: the envelope, the bytes, and the bytes understood."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        message = email.message_from_bytes(self.content, policy=default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, subtype: str) -> str:
        part = self.message.get_body((subtype,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


class FakeMailServer:
    """The server and its mails. `refuse_with` is said to each recipient, such as `550 No`;
    `refuse` is what is said to single ones.

    With `greylist`, each recipient is refused once and taken when the same mail comes again.
    """

    def __init__(self, port: int, **options: Any) -> None:
        self.port = port
        self.mails: list[Received] = []
        self.logins: list[str] = []
        self.refuse_with = ""
        self.refuse: dict[str, str] = {}
        self.refuse_text_with = ""
        self.greylist = False
        self._seen: set[str] = set()
        self._controller = Controller(self, hostname="127.0.0.1", port=port, **options)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def require_login(self) -> None:
        """Take mails only after a login, and logins only under TLS. Before `start`."""
        self._controller.SMTP_kwargs |= {"authenticator": self.authenticate, "auth_required": True}

    def take_ascii_only(self) -> None:
        """Offer no SMTPUTF8 (RFC 6531). Before `start`, or for the connections to come."""
        self._controller.SMTP_kwargs["enable_SMTPUTF8"] = False

    def settings(self, security: str = "none") -> dict[str, str]:
        """Return the variables that make an installation send here."""
        return smtp_settings(self.port, security)

    # -- what aiosmtpd calls

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if said := self.refuse.get(address, self.refuse_with):
            return said
        if self.greylist and address not in self._seen:
            self._seen.add(address)
            return "451 4.7.1 Greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        if self.refuse_text_with:
            return self.refuse_text_with
        content = envelope.content
        assert isinstance(content, bytes)
        recipients = tuple(str(address) for address in envelope.rcpt_tos)
        self.mails.append(Received(str(envelope.mail_from), recipients, content))
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Any, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Take any user whose password is `right`."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password == b"right", handled=False)


def smtp_settings(port: int, security: str = "none") -> dict[str, str]:
    """Return the variables that make an installation send to a port of this machine."""
    return {
        "ACRUX_MAIL__BACKEND": "smtp",
        "ACRUX_MAIL__HOST": "127.0.0.1",
        "ACRUX_MAIL__PORT": str(port),
        "ACRUX_MAIL__SECURITY": security,
    }


def free_port() -> int:
    """Return a port on which nothing listens at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def self_signed(directory: Path) -> Path:
    """Write a certificate for 127.0.0.1, signed by itself, with its key, and return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = directory / "server.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@contextmanager
def mail_server(
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    tls_from_start: ssl.SSLContext | None = None,
    login: bool = False,
) -> Iterator[FakeMailServer]:
    """A server that runs inside the `with`; `tls` is for STARTTLS, which `login` needs."""
    options: dict[str, Any] = {"tls_context": tls} if tls else {}
    if tls_from_start:
        options["ssl_context"] = tls_from_start
    server = FakeMailServer(port or free_port(), **options)
    if login:
        server.require_login()
    server.start()
    try:
        yield server
    finally:
        server.stop()
