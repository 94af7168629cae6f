"""Addresses as the protocol compares and registers them: decent, https, an origin.

Pure. Owns what an address may be spelled like; whether one is reached, `idp.egress` decides.
"""

import re
from collections.abc import Container
from urllib.parse import parse_qsl, urlsplit

ORIGIN_PORTS = {"https": 443, "http": 80}
_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._:")
"""An origin goes into headers too: nothing that could end it there."""
HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[1-9][0-9]{0,4})?")
"""A host that a header of ours can name, where ; and , have a meaning; a port as it is written."""

SENT = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"<>`{}')
"""What browsers send of a path as it is; the rest as percent-encoded UTF-8 (the URL Standard)."""


def origin_of(uri: str) -> str | None:
    """Return the origin of a web address as browsers write it (RFC 6454); None when it has none."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ORIGIN_PORTS or not host or not set(host) <= _HOST:
        return None
    name = f"[{host}]" if ":" in host else host
    known = port is None or port == ORIGIN_PORTS[parts.scheme]
    return f"{parts.scheme}://{name}" + ("" if known else f":{port}")


def decent_uri(uri: str) -> bool:
    """Return True if `uri` can be parsed, has only characters of URIs, and has no fragment."""
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    if not (uri.isascii() and uri.isprintable()) or any(c in uri for c in ' <>"\\^`{|}'):
        return False
    return "#" not in uri


def https_uri(uri: str) -> bool:
    """Return True if `uri` is https, with a host and without name and password."""
    parts = urlsplit(uri) if decent_uri(uri) else None
    return bool(parts and parts.scheme == "https" and parts.hostname and "@" not in parts.netloc)


def uri_problems(uri: str, reserved: Container[str] = ()) -> list[str]:
    """Return why `uri` cannot be registered: https, loopback http, or a private-use scheme.

    `reserved` are parameters that we add to it: one that stands there already would come twice, and
    the application would believe whichever it reads first.
    """
    if "#" in uri:
        return [f"{uri!r} has a fragment (RFC 6749 section 3.1.2)"]
    if not decent_uri(uri):
        return [f"{uri!r} is no URI, or has characters that no URI has"]
    parts = urlsplit(uri)
    taken = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if name in reserved]
    if taken:
        return [f"{uri!r} has the parameter {taken[0]}, which answers bring"]
    if not uri.startswith(parts.scheme):
        return [f"{uri!r} must have its scheme in small letters"]
    if parts.netloc and not HOST_AND_PORT.fullmatch(parts.netloc):
        return [f"{uri!r} needs a plain host and port, and no user name"]
    if parts.scheme == "https" and parts.netloc:
        return []
    if parts.scheme == "http" and (parts.hostname in ("127.0.0.1", "::1", "localhost")):
        return []
    if "." in parts.scheme:
        return []
    return [f"{uri!r} must be https, http on a loopback address, or a reverse-domain scheme"]
