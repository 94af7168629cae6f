"""What an address among the settings may be: the issuer's, the database's, that of mails.

Pure: each check yields the line that says what to change, and never quotes an address that may hold
a password. Whether anything answers there is for `acrux doctor`.
"""

import os
import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlsplit

from idp import webhooks
from idp.settings.sms_and_mail import Mail, Sms
from idp.settings.values import Settings, Stream

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_PORTS = {"https": 443, "http": 80}
_OLD_SCHEME = re.compile("postgres(ql)?(\\+[a-z0-9]+)?")
_PLAIN = r"(?:[^\s@/?#\[\]%]|%[0-9A-Fa-f]{2})*"
_POSTGRESQL = re.compile(
    rf"postgresql\+psycopg://(?:{_PLAIN}@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s@/?#\[\]:%]*)(?::\d+)?"
    rf"(?:/{_PLAIN})?(?:\?[^\s#]*)?"
)
_SQLITE = re.compile(r"sqlite(?:\+pysqlite)?:///(?!:memory:|file:)[^?\s][^?]*(?:\?.*)?")
_OURS = ("prepare_threshold", "autocommit", "row_factory", "cursor_factory", "context")
"""What the driver would take from the query as a text that breaks it: it is for us to say."""
_GATEWAY = re.compile(
    r"https://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?(?:[/?][!-\"$-~]*)?"
)
_RECEIVER = re.compile(
    r"(?:syslog\+tls://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?"
    r"|https://(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?(?:[/?][!-\"$-~]*)?)"
    r"(?:#(?:jsonl|ocsf|cef))?"
)
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]\\]+@[^\s@<>(),;:\"\[\]\\]+")


def issuer_problems(s: Settings) -> Iterator[str]:
    """Yield why the issuer cannot be served, one line at most."""
    issuer = s.server.issuer
    if not issuer:
        yield "server.issuer is empty: set it to the https address of this installation"
        return
    url = urlsplit(issuer)
    local = url.hostname in _LOCAL_HOSTS and s.environment != "production"
    if not (url.scheme == "https" or (url.scheme == "http" and local)):
        yield f"server.issuer {issuer!r} must be https"
    elif issuer.endswith("/") or "?" in issuer or "#" in issuer or not url.hostname:
        yield "server.issuer must have no trailing slash, query or fragment"
    elif url.path:
        yield (
            f"server.issuer must have no path, such as {url.path}: Acrux needs a host name (or a"
            " port) of its own, because its pages and cookies begin at /"
        )
    elif not url.hostname.isascii():
        yield "server.issuer must have its host in ASCII, as browsers send it: xn--..."
    elif issuer != (wanted := _as_browsers_write(url)):
        yield f"server.issuer must be written as browsers write it: {wanted}"


def _as_browsers_write(url: SplitResult) -> str:
    """Return the origin as it stands in every request: forms are accepted from it alone."""
    host = url.hostname or ""
    try:
        port = url.port
    except ValueError:
        return f"{url.scheme}://a host name and, if need be, a port from 1 to 65535"
    shown = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{shown}" + (f":{port}" if port and port != _PORTS[url.scheme] else "")


def database_problems(url: str) -> Iterator[str]:
    """Yield why `database.url` cannot be an address, one line at most; it is never quoted."""
    scheme, _, rest = url.partition("://")
    if not url or _SQLITE.fullmatch(url):
        return
    if scheme.startswith("sqlite"):
        yield "database.url must be sqlite:/// and the path of a file: nothing else lasts"
    elif not _OLD_SCHEME.fullmatch(scheme):
        yield "database.url must begin with sqlite:/// or postgresql+psycopg://"
    elif scheme != "postgresql+psycopg":
        yield f"database.url begins with {scheme}://: write postgresql+psycopg:// instead"
    elif not _POSTGRESQL.fullmatch(url):
        if "@" in rest:
            yield (
                "database.url cannot be read: in user name and password write %40 for @, %2F for /,"
                " %3A for :, %3F for ?, %23 for # and %25 for %"
            )
        else:
            yield "database.url must be postgresql+psycopg://user:password@host:port/name"
    elif wrong := {name for name, _ in parse_qsl(url.partition("?")[2])} & set(_OURS):
        yield f"database.url must not set {min(wrong)}: see database.prepare"


def mail_problems(mail: Mail) -> Iterator[str]:
    """Yield why no mail could ever be made or sent with these settings."""
    if mail.backend == "off":
        return
    if not mail.sender:
        yield "mail.sender is empty: set the address that mails come from"
    elif not _ADDRESS.fullmatch(sender_parts(mail.sender)[1]):
        yield "mail.sender must be an address, or a name and an <address>"
    if mail.backend != "smtp":
        return
    if not mail.host.strip():
        yield "mail.host is empty: set the name of the mail server"
    if not (mail.username.isascii() and mail.password.isascii()):
        yield "mail.username and mail.password must be ASCII: the login knows nothing else"
    if mail.password and not mail.username:
        yield "mail.password is set, but mail.username is empty: set both"


def stream_problems(stream: Stream) -> Iterator[str]:
    """Yield why a receiver of events could never be sent to; what may be secret is not quoted."""
    for text in stream.to:
        if not _RECEIVER.fullmatch(text):
            yield (
                "stream.to must have addresses such as syslog+tls://siem.example.org:6514 or"
                " https://siem.example.org/acrux, with #ocsf, #cef or #jsonl behind if need be"
            )
    if len({text.partition("#")[0].partition("?")[0] for text in stream.to}) < len(stream.to):
        yield "stream.to names a receiver twice"
    if any(text.startswith("https") for text in stream.to) and not webhooks.is_secret(
        stream.secret
    ):
        yield (
            "stream.secret must be whsec_ and base64 of 24 to 64 random bytes: it signs what a"
            " webhook gets (`openssl rand -base64 32`)"
        )
    for name in ("ca_bundle", "certificate"):
        if (path := getattr(stream, name)) and not os.access(path, os.R_OK):
            yield f"stream.{name} {path} cannot be read"
    if not (stream.authorization.isascii() and stream.authorization.isprintable()):
        yield "stream.authorization must be one line of ASCII"


def gateway_problems(sms: Sms) -> Iterator[str]:
    """Yield why a gateway of text messages could never be sent to."""
    if not _GATEWAY.fullmatch(sms.webhook_url):
        yield "sms.webhook_url must be an https address such as https://sms.example.org/send"
    if not webhooks.is_secret(sms.webhook_secret):
        yield (
            "sms.webhook_secret must be whsec_ and base64 of 24 to 64 random bytes: it signs what"
            " the gateway gets, and its reports (`openssl rand -base64 32`)"
        )


def sender_parts(sender: str) -> tuple[str, str]:
    """Return name and address of `mail.sender`: `Name <address>`, or an address alone.

    The name may have any character, quoted or not (RFC 5322 would have a comma quoted).
    """
    name, found, rest = sender.strip().rpartition("<")
    if not found or not rest.endswith(">"):
        return "", sender.strip()
    name = name.strip()
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, rest[:-1].strip()
