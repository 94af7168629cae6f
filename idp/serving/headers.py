"""Header lines become WSGI's environ, so that no line can pass for another.

WSGI writes `X-Forwarded-For` and `X_Forwarded_For` as one key (PEP 3333): a client could say for
itself what only a proxy may. Names with an underscore are dropped, as nginx does.
"""

import io
import sys
from collections.abc import Collection
from typing import Any, Protocol

from idp.caller import request_id

Pairs = list[tuple[str, str]]
_BASE: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    # Werkzeug's word for it: the input ends by itself.
    "wsgi.input_terminated": True,
}
_USUAL = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"} | {
    name: "HTTP_" + name.upper().replace("-", "_")
    for name in (
        *("host", "user-agent", "authorization", "cookie", "connection", "referer", "origin"),
        *("accept", "accept-language", "accept-encoding", "cache-control", "pragma", "priority"),
        *("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "via", "dnt"),
        *("sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user"),
        *("sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "upgrade-insecure-requests"),
    )
}
"""Keys that need not be made for each request; others are, and never kept."""


class Scope(Protocol):
    """A request as granian tells of it, without its body (RSGI 1.6)."""

    method: str
    path: str
    query_string: str
    http_version: str
    scheme: str
    client: str
    server: str
    headers: Any


_NEEDED = ("x-forwarded-for", "cookie", "authorization")
"""Headers that a request means something else without."""


def fault(names: Collection[str], pairs: Pairs, http_version: str) -> str | None:
    """Say what no request may have in its header lines, or None.

    RFC 9112 section 3.2: exactly one Host. Where Content-Length and Transfer-Encoding came together
    (section 6.3), the server has dropped the former and will close the connection. Of lines with
    bytes beyond ASCII it tells the name alone (`names`), and no value: anyone who sends such a line
    must not pass for someone who sent none.
    """
    hosts = sum(name == "host" for name, _ in pairs)
    if hosts != 1 and not (hosts == 0 and http_version == "1"):
        return "a request has exactly one Host"
    for needed in _NEEDED:
        if needed in names and not any(name == needed for name, _ in pairs):
            return f"the line {needed.title()} holds bytes that are not ASCII"
    return None


def joined(pairs: Pairs, name: str) -> str:
    """Return all lines of a header in their order, as one (RFC 9110 section 5.3)."""
    return ",".join(value for found, value in pairs if found == name)


def address(socket_address: str) -> tuple[str, str]:
    """Return host and port of `127.0.0.1:80` or `[::1]:80`."""
    host, _, port = socket_address.rpartition(":")
    return host.strip("[]"), port


def _as_bytes(text: str) -> str:
    """Return UTF-8 as WSGI wants it: each byte a character (PEP 3333)."""
    return text if text.isascii() else text.encode().decode("latin-1")


def environ(scope: Scope, pairs: Pairs, body: bytes, called: str) -> dict[str, Any]:
    """Return WSGI's environ (PEP 3333) of a request, with its body and what it is called."""
    name, port = address(scope.server)
    found = {
        **_BASE,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": _as_bytes(scope.path),
        "QUERY_STRING": _as_bytes(scope.query_string),
        "SERVER_PROTOCOL": "HTTP/1.0" if scope.http_version == "1" else "HTTP/1.1",
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "REMOTE_ADDR": address(scope.client)[0],
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        request_id.KEY: called,
    }
    for header, value in pairs:
        key = _USUAL.get(header)
        if key is None:
            if "_" in header or header == "transfer-encoding":
                # The latter is done with: the body is here, as long as CONTENT_LENGTH says.
                continue
            key = "HTTP_" + header.upper().replace("-", "_")
        if key in found:
            found[key] += ("; " if header == "cookie" else ",") + value
        else:
            found[key] = value
    if body:
        found["CONTENT_LENGTH"] = str(len(body))
    return found
