"""An answer that was fetched: small, whole and plain, or none."""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import cast

from idp.egress.address import EgressError
from idp.egress.channel import Channel

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_DELTA_SECONDS = re.compile(r"[0-9]{1,10}")
_LENGTH = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Fetched:
    """An answer with any status but 1xx and 3xx."""

    status: int
    content_type: str
    """The media type in lower case, without parameters; empty when there is none."""
    body: bytes = field(repr=False)
    max_age: int | None
    """Seconds for which Cache-Control lets it be kept, 0 for not at all; None when it is silent."""


def answer(channel: Channel, method: str, limit: int) -> Fetched:
    """Return the answer to a request by `method`, with a body of at most `limit` bytes.

    Raises:
        EgressError: it is larger, unfinished, or not plain.
        OSError, HTTPException, ValueError: it did not come, or is no answer.
    """
    response = HTTPResponse(cast(socket.socket, channel), method=method)
    try:
        response.begin()
        _check(response, limit)
        body = response.read(limit + 1)
        if len(body) > limit:
            raise EgressError(False, f"the answer is larger than {limit} bytes")
        if response.length:
            raise EgressError(False, "the answer ended too early")
    finally:
        response.close()
    kind = (response.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    return Fetched(
        status=response.status,
        content_type=kind if _MEDIA_TYPE.fullmatch(kind) else "",
        body=body,
        max_age=_max_age(response.headers.get_all("Cache-Control", [])),
    )


def _check(response: HTTPResponse, limit: int) -> None:
    """Refuse what is no plain answer, before its body is read."""
    if not 200 <= response.status < 300 and not 400 <= response.status < 600:
        what = "a redirect" if 300 <= response.status < 400 else "no final answer"
        raise EgressError(False, f"status {response.status} is {what}")
    for name, plain in (("Transfer-Encoding", "chunked"), ("Content-Encoding", "identity")):
        values = response.headers.get_all(name, [])
        if any(value.strip().lower() != plain for value in values):
            raise EgressError(False, f"the answer has another {name} than {plain}")
    lengths = set(response.headers.get_all("Content-Length", []))
    if len(lengths) > 1 or not all(_LENGTH.fullmatch(each.strip()) for each in lengths):
        raise EgressError(False, "the answer does not say how long it is")
    if not response.chunked and response.length is not None and response.length > limit:
        raise EgressError(False, f"the answer is larger than {limit} bytes")


def _max_age(headers: Sequence[str]) -> int | None:
    """Return the shortest time given (RFC 9111 section 5.2.2); what is no number counts as 0."""
    found: list[int] = []
    for directive in ",".join(headers).split(","):
        name, _, value = directive.partition("=")
        if name.strip().lower() in ("no-store", "no-cache"):
            found.append(0)
        elif name.strip().lower() == "max-age":
            number = value.strip().strip('"')
            found.append(int(number) if _DELTA_SECONDS.fullmatch(number) else 0)
    return min(found, default=None)
