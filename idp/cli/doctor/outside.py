"""What `acrux doctor` finds outside: the issuer's name and certificate, mail, text messages."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from idp import clock, webhooks
from idp.authenticators import identifiers
from idp.authenticators.codes import DIGITS
from idp.cli.doctor.finding import BAD, GOOD, OPEN, Finding
from idp.messages.carriers import backends, gateway
from idp.messages.carriers.transport import DeliveryError, Letter
from idp.settings.sms_and_mail import Mail, Sms
from idp.settings.values import Settings
from idp.store.messages import outbox

SECONDS = 5.0
NO_ACCESS, NO_SUCH = 401, 404
SOON = 14
"""Days before its end from which a certificate is a finding."""


def issuer_findings(loaded: Settings) -> Iterator[Finding]:
    """The issuer's name resolves, and its certificate is good. Both may be out of reach here."""
    issuer = loaded.server.issuer
    url = urlsplit(issuer)
    host, port = url.hostname or "", url.port or 443
    if url.scheme != "https":
        yield Finding(GOOD, "issuer", f"{issuer}, for {loaded.environment} only")
        return
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        text = f"{issuer}; {host} does not resolve from here"
        yield Finding(OPEN, "issuer", text, "check the DNS")
        return
    yield Finding(GOOD, "issuer", issuer)
    yield _certificate(host, port)


def _certificate(host: str, port: int) -> Finding:
    try:
        with (
            socket.create_connection((host, port), SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
        ):
            ends = ssl.cert_time_to_seconds(str((secure.getpeercert() or {}).get("notAfter")))
    except ssl.SSLCertVerificationError as error:
        text = f"{host}:{port} is refused by browsers ({error.verify_message})"
        return Finding(BAD, "tls", text, "renew or replace it")
    except (OSError, ValueError) as error:
        return Finding(
            OPEN, "tls", f"nothing answers with TLS at {host}:{port} from here ({error})"
        )
    days = (int(ends) - clock.now()) // 86400
    if days < SOON:
        return Finding(BAD, "tls", f"the certificate ends in {days} days", "renew it")
    return Finding(GOOD, "tls", f"the certificate is good for {days} days")


def mail_findings(loaded: Settings) -> Iterator[Finding]:
    """The mail server greets us, over TLS and with the password where those are set."""
    mail = loaded.mail
    if mail.backend == "off":
        yield Finding(OPEN, "mail", "is off: no notices, and no codes by mail")
    elif mail.backend == "directory":
        yield Finding(GOOD, "mail", "goes into a directory (demo and testing)")
    else:
        yield _smtp(loaded)


def mailed_finding(loaded: Settings, address: str) -> Finding:
    """A real mail, made and handed over as every other is."""
    brand = loaded.brand.name
    letter = Letter(
        id=outbox.new_id(),
        kind="test",
        to=identifiers.email(address) or address,
        subject=f"Test mail of {brand}",
        body=f"{brand} at {loaded.server.issuer} can send mail. Nothing else is meant by this.\n",
    )
    try:
        backends.make(loaded, "mail").send(letter)
    except DeliveryError as error:
        return Finding(BAD, "test mail", f"was not sent: {error}")
    return Finding(GOOD, "test mail", f"was handed over for {letter.to}", "see whether it arrives")


def _smtp(loaded: Settings) -> Finding:
    mail = loaded.mail
    where = f"{mail.host}:{mail.port}"
    try:
        with _connect(mail, loaded.egress.ca_bundle) as server:
            server.ehlo_or_helo_if_needed()
            if mail.security == "starttls":
                server.starttls(context=_trust(loaded.egress.ca_bundle))
                server.ehlo()
            if mail.username:
                server.login(mail.username, mail.password)
            wide = server.has_extn("smtputf8")
    except smtplib.SMTPAuthenticationError:
        return Finding(
            BAD, "mail", f"{where} refuses mail.username and mail.password", "correct them"
        )
    except ssl.SSLError as error:
        text = f"no TLS with {where} ({error.reason})"
        return Finding(BAD, "mail", text, "check mail.security and its certificate")
    except (OSError, smtplib.SMTPException) as error:
        text = " ".join(f"{where} does not answer ({error})".split())
        return Finding(BAD, "mail", text, "check mail.host, mail.port and mail.security")
    only = "" if wide else "; it carries no address that is not ASCII before the @"
    return Finding(GOOD, "mail", f"{where} greets us ({mail.security}){only}")


def _trust(ca_bundle: str) -> ssl.SSLContext:
    found = ssl.create_default_context()
    if ca_bundle:
        found.load_verify_locations(cafile=ca_bundle)
    return found


def _connect(mail: Mail, ca_bundle: str) -> smtplib.SMTP:
    seconds = min(mail.timeout, SECONDS)
    if mail.security == "tls":
        context = _trust(ca_bundle)
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=seconds, context=context)
    return smtplib.SMTP(mail.host, mail.port, timeout=seconds)


def sms_findings(loaded: Settings) -> Iterator[Finding]:
    """Text messages: nothing is sent, since every try would cost a message."""
    backend = loaded.sms.backend
    if backend == "off":
        yield Finding(OPEN, "sms", "is off: nobody can use text messages")
    elif backend == "directory":
        yield Finding(GOOD, "sms", "go into a directory (demo and testing)")
    elif loaded.sms.service == "verify":
        yield _verify_finding(loaded.sms)
    else:
        for way in loaded.sms.ways:
            yield _WAYS[way](loaded)


def _twilio_finding(loaded: Settings) -> Finding:
    sender = loaded.sms.twilio_from or loaded.sms.twilio_messaging_service_sid
    return Finding(GOOD, "sms", f"twilio is set up, from {sender}; not tried")


def _gateway_finding(loaded: Settings) -> Finding:
    """The gateway is there and proves who it is."""
    place = webhooks.place(loaded.sms.webhook_url)
    where = f"the gateway {place.host}:{place.port}"
    context = gateway.trust(loaded.egress.ca_bundle)
    try:
        with (
            socket.create_connection((place.host, place.port), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=place.host),
        ):
            return Finding(GOOD, "sms", f"{where} answers with TLS; no message was tried")
    except OSError as error:
        text = " ".join(f"{where} does not answer with TLS ({error})".split())
        return Finding(BAD, "sms", text, "check sms.webhook_url and egress.ca_bundle")


_WAYS = {"twilio": _twilio_finding, "webhook": _gateway_finding}


def _verify_finding(sms: Sms) -> Finding:
    """The service of Twilio Verify: it answers, to this account, and its codes fit our pages."""
    from idp.messages.carriers import verify

    named = f"the Verify service {sms.twilio_verify_service_sid}"
    try:
        service = verify.examine(sms)
    except DeliveryError as error:
        if error.status == NO_SUCH:
            text, mend = f"Twilio has not {named}", "set sms.twilio_verify_service_sid"
        elif error.status == NO_ACCESS:
            text = "Twilio refuses the account"
            mend = "set sms.twilio_account_sid and twilio_auth_token"
        else:
            text, mend = f"{named} cannot be asked: {error}", ""
        return Finding(BAD, "sms", text, mend)
    if service.digits != DIGITS:
        text = f"{named} makes codes of {service.digits} digits"
        return Finding(BAD, "sms", text, f"set its code length to {DIGITS}")
    return Finding(GOOD, "sms", f"{named} ({service.name}) answers; no message was tried")
