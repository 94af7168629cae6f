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
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from idp import clock
from idp.language import _
from idp.messages import texts
from idp.messages.carriers.transport import DeliveryError, Letter
from idp.settings.addresses import sender_parts
from idp.settings.values import Settings

_ATOM = r"[^\s\x00-\x1f\x7f,;:<>()\[\]\\\"@.]+"
_DOTTED = rf"{_ATOM}(?:\.{_ATOM})*"
"""No dot at an end, no two in a row (RFC 5321 section 4.1.2)."""
_ADDRESS = re.compile(f"{_DOTTED}@{_DOTTED}")
_NAMED = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
"""Whatever may be an address in a server's words."""
BUTTONS = {
    "stage-": _("Set it up now"),
    "enrol-link": _("Set it up now"),
    "confirm-link": _("Confirm the address"),
    "invitation": _("Choose your password"),
    "reset-link": _("Choose a new password"),
}
"""What a mail wants to be opened, as its button says it, by how its kind begins."""
LONGEST_SAID = 140
"""Characters of a server's words that are kept."""


class SmtpTransport:
    """Sends from `mail.sender`. `mail.timeout` bounds each step of the conversation."""

    def __init__(self, settings: Settings) -> None:
        self._mail = settings.mail
        self._brand = settings.brand.name
        self._issuer = settings.server.issuer
        self._host = urlsplit(self._issuer).hostname or "localhost"
        self._ca_bundle = settings.egress.ca_bundle
        name, address = sender_parts(settings.mail.sender)
        self._from = _wire_form(address)
        self._from_name = name or self._brand

    def send(self, letter: Letter) -> str | None:
        if not _ADDRESS.fullmatch(letter.to):
            raise DeliveryError(True, "the recipient has no usable address")
        to = _wire_form(letter.to)
        try:
            message = self.compose(letter)
        except (ValueError, MessageError) as error:
            raise DeliveryError(True, f"no mail can be made: {type(error).__name__}") from None
        try:
            server = self._connect()
            try:
                self._hand_over(server, message, to)
            finally:
                _leave(server)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused("recipient", *error.recipients[to], to) from None
        except smtplib.SMTPDataError as error:
            raise _refused("text", error.smtp_code) from None
        except smtplib.SMTPResponseException as error:
            raise DeliveryError(False, f"SMTP: {type(error).__name__}, {error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(False, f"SMTP: {type(error).__name__}") from None
        return None

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage, to: str) -> None:
        server.ehlo_or_helo_if_needed()
        if not (self._from + to).isascii() and not server.has_extn("smtputf8"):
            text = "the mail server carries no address that is not ASCII (RFC 6531)"
            raise DeliveryError(True, text)
        server.send_message(message, self._from, [to])

    def compose(self, letter: Letter) -> EmailMessage:
        """Return the mail with all its headers."""
        to = _wire_form(letter.to)
        message = EmailMessage(policy=SMTP if (self._from + to).isascii() else SMTPUTF8)
        subject = texts.tidy(letter.subject)
        message["From"] = _mailbox(self._from, texts.tidy(self._from_name))
        message["To"] = _mailbox(to)
        message.set_raw("Subject", _folded("Subject", subject))
        message["Date"] = datetime.fromtimestamp(clock.now(), UTC)
        # The same at each attempt, so that a mail delivered twice is seen to be one.
        message["Message-ID"] = f"<{letter.id}@{self._from.rpartition('@')[2]}>"
        # RFC 3834: no one's absence note is to answer.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        says = (words for kind, words in BUTTONS.items() if letter.kind.startswith(kind))
        twin = texts.Twin(self._brand, self._issuer, letter.language, next(says, None))
        message.add_alternative(twin.of(subject, letter.body), subtype="html")
        # Last: what begins so goes into the first part when a second comes.
        message["Content-Language"] = letter.language
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


def _wire_form(address: str) -> str:
    """Return an address with its domain as the mail system knows it: in ASCII (RFC 5890).

    What stands before the @ stays as it is: only its own server may say what equals it.
    """
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        found = validate_email(f"x@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return address
    return f"{local}{at}{found.ascii_domain}"


def _mailbox(address: str, name: str = "") -> Address:
    """Return an address for a header; not by `addr_spec`, which refuses what RFC 6531 allows."""
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)


def _folded(name: str, text: str) -> str:
    """Return a header's text on lines of 76 characters (RFC 2047 section 2), as one encoding.

    What `EmailMessage` folds by itself has two spaces where a line ends before an encoded word, or
    two of those with none between, which servers refuse as an invalid subject
    (https://github.com/python/cpython/issues/144156).
    """
    charset = None if text.isascii() else "utf-8"
    return Header(text, charset, header_name=name).encode(linesep="\r\n")


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye; whatever comes of it, the mail has been taken or refused before."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _refused(what: str, code: int, said: bytes = b"", to: str = "") -> DeliveryError:
    """Read a refusal: 5yz is for good, 4yz (busy, greylisted) for now (RFC 5321, 4.2.1).

    What was `said` of a recipient is kept without addresses; of a text it may quote the text.
    """
    words = said.decode("utf-8", "replace").replace(to or "@", "…")
    kept = texts.tidy(_NAMED.sub("…", words))[:LONGEST_SAID]
    return DeliveryError(code >= 500, f"SMTP: {what} refused, {code}", said=kept)
