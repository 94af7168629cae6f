"""Signed requests between programs, as Standard Webhooks 1.0.0 has them (HMAC-SHA-256).

The signature covers the id, the moment and the body, so that none of the three is anyone else's.
Owns what such a request looks like, whether one is genuine, and the call itself, which follows no
redirect: a signed body goes nowhere else. Never decides where it goes or what an answer means.
"""

import base64
import hmac
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

PREFIX = "whsec_"
ID, MOMENT, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300
"""Seconds by which the clock of whoever signs may differ from ours."""
_VERSION = "v1,"
_SHORTEST, _LONGEST = 24, 64
_READ = 1000


class UnansweredError(Exception):
    """There was no answer: one line, without secrets. `late`: none in time."""

    def __init__(self, said: str, *, late: bool = False) -> None:
        super().__init__(said)
        self.late = late


@dataclass(frozen=True)
class Place:
    """An https address that is posted to."""

    host: str
    port: int
    path: str


@dataclass(frozen=True)
class Answer:
    """What the other side said: its first thousand bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def accepted(self) -> bool:
        """Whether it is 2xx: what was sent has arrived."""
        return 200 <= self.status < 300


def place(address: str) -> Place:
    """Return what an https address names, without its fragment."""
    url = urlsplit(address)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    return Place(url.hostname or "", url.port or 443, path)


def is_secret(text: str) -> bool:
    """Return True if `text` is whsec_ and base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(PREFIX) and _SHORTEST <= len(key) <= _LONGEST


def signed(secret: str, name: str, at: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body: `name` is its id, `at` the moment in seconds."""
    return {ID: name, MOMENT: str(at), SIGNATURE: _signature(secret, name, str(at), body)}


def genuine(secret: str, headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """Return True if whoever has the secret signed `body` within `TOLERANCE` of `now`.

    `headers` are by their names in lower case. One of several signatures is enough: the other side
    may be changing its secret.
    """
    moment = headers.get(MOMENT, "")
    if not (secret and moment.isascii() and moment.isdigit() and len(moment) <= len(str(now)) + 1):
        return False
    if abs(int(moment) - now) > TOLERANCE:
        return False
    wanted = _signature(secret, headers.get(ID, ""), moment, body).encode()
    given = headers.get(SIGNATURE, "").split()
    return any(hmac.compare_digest(wanted, one.encode()) for one in given)


def _signature(secret: str, name: str, moment: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    mac = hmac.digest(key, f"{name}.{moment}.".encode() + body, "sha256")
    return _VERSION + base64.b64encode(mac).decode()


def post(
    to: Place, body: bytes, headers: Mapping[str, str], context: ssl.SSLContext, seconds: float
) -> Answer:
    """Post `body` and return the answer; `seconds` bounds each step of the call.

    Raises:
        UnansweredError: there is none.
    """
    connection = HTTPSConnection(to.host, to.port, timeout=seconds, context=context)
    try:
        connection.request("POST", to.path, body, dict(headers))
        answer = connection.getresponse()
        said = answer.read(_READ)
    except TimeoutError:
        raise UnansweredError("it did not answer in time", late=True) from None
    except (OSError, HTTPException, ValueError) as error:
        raise UnansweredError(f"{to.host}:{to.port}: {error}") from None
    finally:
        connection.close()
    return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, said)
