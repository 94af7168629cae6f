"""Mails through an SMTP server (RFC 5321), as text with an HTML twin (RFC 2046, 5.1.4).

Whatever stands in a name or a subject, a mail has the headers written here and one recipient.
STARTTLS and TLS verify the server's certificate; a server without it gets no mail. Never logs.
"""

import re
import smtplib
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from urllib.parse import urlsplit

from idp import clock
from idp.notify import messages
from idp.notify.transport import DeliveryError, Letter
from idp.settings import Settings

_PART = r"[^\s\x00-\x1f\x7f,;:<>()\[\]\\\"@]+"
_ADDRESS = re.compile(f"{_PART}@{_PART}")


class SmtpTransport:
    """Sends from `mail.sender`. `mail.timeout` bounds each step of the conversation."""

    def __init__(self, settings: Settings) -> None:
        self._mail = settings.mail
        self._brand = settings.brand.name
        self._host = urlsplit(settings.server.issuer).hostname or "localhost"
        self._ca_bundle = settings.egress.ca_bundle
        name, self._from = parseaddr(settings.mail.sender)
        self._from_name = name or self._brand

    def send(self, letter: Letter) -> str | None:
        if not _ADDRESS.fullmatch(letter.to):
            raise DeliveryError(True, "the recipient has no usable address")
        try:
            message = self.compose(letter)
        except (ValueError, MessageError) as error:
            raise DeliveryError(True, f"no mail can be made: {type(error).__name__}") from None
        try:
            server = self._connect()
            try:
                server.send_message(message, self._from, [letter.to])
            finally:
                _leave(server)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused("recipient", error.recipients[letter.to][0]) from None
        except smtplib.SMTPDataError as error:
            raise _refused("text", error.smtp_code) from None
        except smtplib.SMTPResponseException as error:
            raise DeliveryError(False, f"SMTP: {type(error).__name__}, {error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(False, f"SMTP: {type(error).__name__}") from None
        return None

    def compose(self, letter: Letter) -> EmailMessage:
        """Return the mail with all its headers."""
        message = EmailMessage(policy=SMTP)
        subject = messages.tidy(letter.subject)
        message["From"] = Address(messages.tidy(self._from_name), addr_spec=self._from)
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = subject
        message["Date"] = datetime.fromtimestamp(clock.now(), UTC)
        # The same at each attempt, so that a mail delivered twice is seen to be one.
        message["Message-ID"] = f"<{letter.id}@{self._from.rpartition('@')[2]}>"
        message["Content-Language"] = letter.language
        # RFC 3834: nobody's absence note is to answer.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        twin = messages.html(self._brand, subject, letter.body, letter.language)
        message.add_alternative(twin, subtype="html")
        return message

    def _connect(self) -> smtplib.SMTP:
        mail = self._mail
        if mail.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.host, mail.port, self._host, timeout=mail.timeout, context=self._context()
            )
        else:
            server = smtplib.SMTP(mail.host, mail.port, self._host, timeout=mail.timeout)
        try:
            if mail.security == "starttls":
                server.starttls(context=self._context())
            if mail.username:
                server.login(mail.username, mail.password)
        except BaseException:
            server.close()
            raise
        return server

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._ca_bundle:
            context.load_verify_locations(cafile=self._ca_bundle)
        return context


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye; whatever comes of it, the mail has been taken or refused before."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _refused(what: str, code: int) -> DeliveryError:
    """Read a refusal: 5yz is for good, 4yz (busy, greylisted) for now (RFC 5321, 4.2.1)."""
    return DeliveryError(code >= 500, f"SMTP: {what} refused, {code}")
