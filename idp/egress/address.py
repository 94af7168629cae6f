"""The spelling of an address: one strict reading, at registration and at the fetch alike.

RFC 3986 with nothing forgiven. Where other readers disagree about the host of an address, such as
`https://example.com\\@10.0.0.1/` or `https://0x7f.1/`, there is no address here at all.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from idp.errors import AcruxError

LONGEST = 2048
"""Characters of an address."""

IPAddress = IPv4Address | IPv6Address

# RFC 3986 section 2; brackets stand in the authority alone, and are looked for there.
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_PARTS = re.compile(r"(?i:https)://([^/?#]*)([^?#\[\]]*)(\?[^#\[\]]*)?(#[^#\[\]]*)?")
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([^\[\]:]*))?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
# What some resolvers take for a number, in any base: the last label decides (WHATWG URL, 3.5).
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


class EgressError(AcruxError):
    """Nothing usable came of a fetch. The text says why, without secrets.

    It is for operators and their logs: told to anyone who gave the address, it would say what there
    is inside our network. `final`: the address itself is refused, so another try will not help.
    """

    def __init__(self, final: bool, reason: str) -> None:
        super().__init__(reason)
        self.final = final
        self.reason = reason


@dataclass(frozen=True)
class Place:
    """An address as read: `host` in lower case, `literal` when it is an IP address."""

    host: str
    literal: IPAddress | None
    port: int
    target: str
    """Path and query, as they go into the request."""
    fragment: bool

    @property
    def authority(self) -> str:
        """The value of the Host header (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if isinstance(self.literal, IPv6Address) else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


def address_problem(url: str, *, fragment: bool = False) -> str | None:
    """Say what is wrong with the spelling of an address that we are to fetch; None when nothing is.

    Nothing is looked up: whether the host may be reached is known at the fetch. With `fragment`
    the address may have one, as a request_uri may (OpenID Connect Core section 6.2).
    """
    try:
        place = read(url)
    except EgressError as error:
        return error.reason
    if place.fragment and not fragment:
        return "the address must have no fragment"
    return None


def read(url: str) -> Place:
    """Return what an address names; a fragment is noticed and never sent.

    Raises:
        EgressError: it is no https address, or not spelled plainly; always final.
    """
    if len(url) > LONGEST:
        raise EgressError(True, f"the address is longer than {LONGEST} characters")
    if not _CHARACTERS.fullmatch(url):
        raise EgressError(True, "the address has characters that no address has (RFC 3986)")
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise EgressError(True, "the address must begin with https:// and be well formed")
    authority, path, query, fragment = parts.groups()
    if "@" in authority:
        raise EgressError(True, "the address must hold no user name and no password")
    split = _AUTHORITY.fullmatch(authority)
    if split is None:
        raise EgressError(True, "the address has no plain host")
    host, literal = _host(split[1])
    target = (path or "/") + (query or "")
    return Place(host, literal, _port(split[2]), target, fragment is not None)


def host_name(text: str) -> str | None:
    """Return a host name in lower case; None when it is none, or could be read as a number."""
    name = text.lower()
    plain = len(name) <= 253 and _NAME.fullmatch(name) and not _NUMBER.fullmatch(name)
    return name if plain else None


def ip_literal(text: str) -> IPAddress | None:
    """Return an IP address as it stands in an address: IPv6 in brackets and without a zone."""
    bracketed = text.startswith("[") and text.endswith("]")
    try:
        if not bracketed:
            return IPv4Address(text)
        # A zone names a network card of this machine (RFC 6874).
        return None if "%" in text else IPv6Address(text[1:-1])
    except ValueError:
        return None


def port_number(text: str) -> int | None:
    """Return a port of 1 to 65535, written without anything that could be left out."""
    return int(text) if _PORT.fullmatch(text) and int(text) <= 65535 else None


def _host(text: str) -> tuple[str, IPAddress | None]:
    literal = ip_literal(text)
    if literal is not None:
        return str(literal), literal
    name = host_name(text)
    if name is None:
        raise EgressError(True, "the address has no plain host")
    return name, None


def _port(text: str | None) -> int:
    port = 443 if text is None else port_number(text)
    if port is None:
        raise EgressError(True, "the address has no plain port")
    return port
