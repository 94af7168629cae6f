"""What a redirect URI says of where it leads: its port, its host, its app (RFC 8252 section 7)."""

import re
from urllib.parse import urlsplit

_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[1-9][0-9]{0,4})?((?:[/?].*)?)")
"""A loopback address: what stands before its port, and what behind, in the one spelling it has."""

ONE_PORT = (
    "is answered at port 80 alone: register http://127.0.0.1 and the path, which any port matches"
    " (RFC 8252 sections 7.3 and 8.3), or name the port"
)


def portless_localhost(uri: str) -> bool:
    """Return True for http://localhost without a port, which looks as if it had any."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.netloc.lower() == "localhost"


def but_port(uri: str) -> tuple[str, str] | None:
    """Return a loopback address without its port; None for any other address."""
    found = _LOOPBACK.fullmatch(uri)
    return (found[1], found[2]) if found else None


def place(uri: str) -> str:
    """Return where an address is, for a person to read: its host and port, or an app's scheme."""
    parts = urlsplit(uri)
    return parts.netloc if parts.scheme in ("https", "http") else parts.scheme
