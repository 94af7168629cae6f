"""A request as the lane's endpoints read it, and their answer: what Flask's are, and no more.

Werkzeug's request and response are made for pages and for whatever a header may hold: to make the
two takes longer than to ask SQLite. Owns neither what is read of a request nor what is answered.
"""

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Request, Response
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.sansio.http import parse_cookie
from werkzeug.wsgi import get_input_stream

Pairs = tuple[tuple[str, str], ...]


class Answer(NamedTuple):
    """A whole answer, without what every answer has (`idp.web.missing`) and without its length."""

    status: int
    headers: Pairs
    body: bytes

    def as_response(self) -> Response:
        """Return the answer as Flask sends it."""
        return Response(self.body, self.status, self.headers)

    @property
    def line(self) -> str:
        """The status as WSGI wants it (PEP 3333)."""
        return _LINES[self.status]


_LINES = {status: f"{status} {words.upper()}" for status, words in HTTP_STATUS_CODES.items()}


def of_response(response: Response) -> Answer:
    """Return what Flask would send as a whole."""
    pairs = [pair for pair in response.headers.to_wsgi_list() if pair[0] != "Content-Length"]
    return Answer(response.status_code, tuple(pairs), response.get_data())


class _Lines:
    """Header lines by their names."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def get(self, name: str, default: str) -> str:
        found: str = self._environ.get(_key(name), default)
        return found

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._environ


_KEYS: dict[str, str] = {}


def _key(name: str) -> str:
    """Return the key of a header in WSGI's environ; the names are ours, and few."""
    key = _KEYS.get(name)
    if key is None:
        key = _KEYS[name] = "HTTP_" + name.upper().replace("-", "_")
    return key


class PlainRequest:
    """A request of the lane: each of its names means what it does of Flask's."""

    __slots__ = ("_brought", "_largest", "environ", "headers", "method")

    def __init__(self, environ: dict[str, Any], largest: int) -> None:
        """A body of more than `largest` bytes is refused by whoever reads it."""
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.headers = _Lines(environ)
        self._largest = largest
        self._brought: Mapping[str, str] | None = None

    @property
    def remote_addr(self) -> str | None:
        found: str | None = self.environ.get("REMOTE_ADDR")
        return found

    @property
    def query_string(self) -> bytes:
        found: str = self.environ.get("QUERY_STRING", "")
        return found.encode("latin-1")

    @property
    def args(self) -> Mapping[str, str]:
        return self._whole.args if self.environ.get("QUERY_STRING") else {}

    @property
    def cookies(self) -> Mapping[str, str]:
        if self._brought is None:
            self._brought = parse_cookie(self.environ.get("HTTP_COOKIE"))
        return self._brought

    @property
    def mimetype(self) -> str:
        found: str = self.environ.get("CONTENT_TYPE", "")
        return found.partition(";")[0].strip().lower()

    @property
    def form(self) -> MultiDict[str, str]:
        """The fields of a body, which is read by this: once."""
        return self._whole.form

    def get_data(self) -> bytes:
        """Return the body: once.

        Raises:
            RequestEntityTooLarge: it is too large.
        """
        stream, length = self.environ["wsgi.input"], self.environ.get("CONTENT_LENGTH", "")
        if type(stream) is io.BytesIO and length.isdecimal():
            # It is here in whole, or was too large for the server to take it in.
            if int(length) > self._largest:
                raise RequestEntityTooLarge
            return stream.read(int(length))
        return get_input_stream(self.environ, max_content_length=self._largest).read()

    @property
    def _whole(self) -> Request:
        # The two do not know each other: else the body, and the secrets in it, stay in memory until
        # the garbage is collected.
        found = Request(self.environ, populate_request=False)
        found.max_content_length = found.max_form_memory_size = self._largest
        return found


AnyRequest = Request | PlainRequest
"""What an endpoint is handed: of the two only the names that both have."""
