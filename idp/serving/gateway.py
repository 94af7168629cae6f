"""A request that is here in full becomes a call of the application, and its answer goes out.

Nothing here waits for a client: the server keeps an answer until it was read. Owns how a request
is run; what it means, and every answer below 600 but its own refusals, are the application's.
"""

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from idp import clock
from idp.caller import request_id, sources
from idp.serving import access_log, headers
from idp.serving.access_log import Words
from idp.serving.bodies import Room
from idp.serving.crowding import Crowds
from idp.serving.turns import Turns

log = logging.getLogger("acrux.serving")
SPOOL_BYTES = 1024 * 1024
"""Longer answers go to a file without a name, from which the server sends them."""
SPOOL_SECONDS = 60
"""For how long we keep such a file open: by then the server has long opened it for itself."""
RETRY_SECONDS = 5
ALIVE = "/healthz"
"""What is answered whatever all others wait for: it asks for nothing but a thread."""
Headers = list[tuple[str, str]]
Timed = Callable[[str, str, int, float], None]
"""Takes method, path, status and seconds of a request."""
LAST = ("Connection", "close")
"""What an answer says after which the connection is closed (RFC 9112 section 9.6)."""


class _Begun:
    """WSGI's start_response: keeps what the answer begins with."""

    __slots__ = ("headers", "status")

    def __init__(self) -> None:
        self.status = 500
        self.headers: Headers = []

    def __call__(self, status: str, headers: Headers, exc_info: object = None) -> None:
        self.status = int(status[:3])
        self.headers = headers


class Gateway:
    """The application's side of the server, one for each process."""

    def __init__(
        self,
        app: Any,
        *,
        largest_body: int,
        uploads: Mapping[str, int] = MappingProxyType({}),
        at_once: int,
        proxies: Iterable[str] = (),
        words: Words | None = None,
        timed: Timed | None = None,
    ) -> None:
        """`app` is WSGI; `at_once` of its requests run; `words` switches the access log on.

        `uploads` are the paths that take larger bodies, each with its largest.

        `timed` is told of every request that was answered.
        """
        self._app = app
        self._proxies = sources.networks(proxies)
        self._words = words
        self._timed = timed
        self._largest = largest_body
        self._uploads = uploads
        self._turns = Turns(at_once)
        self._crowds = Crowds(proxies)
        self._room = Room(largest_body, self._queue, self._refuse)
        self._leaving = False
        self.last_arrival = 0.0
        """When the last request came since `leave` was called, in monotonic seconds."""

    @property
    def running(self) -> int:
        """How many requests run at this moment."""
        return self._turns.running

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn to run."""
        return self._turns.waiting

    def arrive(self, watcher: Any) -> None:
        """Take a request whose header lines are here, in one of the server's threads.

        Without a body it is served in this thread, when it has its turn; its body, and its turn,
        are waited for in none. Never raises.
        """
        if self._leaving:
            self.last_arrival = time.monotonic()
        try:
            lines = watcher.scope.headers
            length = _length(lines)
            largest = self._uploads.get(watcher.scope.path, self._largest)
            if length == 0 or (length or 0) > largest:
                # The application refuses what is too large, by its length alone.
                take = self._serve if watcher.scope.path == ALIVE else self._queue
                take(watcher, lines, b"")
            else:
                self._room.take_in(watcher, lines, self._source(watcher.scope, lines), length)
        except Exception:
            log.exception("a request could not be taken in")
            watcher.done()

    def leave(self) -> float:
        """Say with every answer from now on that its connection ends; return when this began."""
        self._leaving = True
        return time.monotonic()

    def close(self) -> None:
        """End what looks after clients; called when the server has answered everything."""
        self._crowds.close()
        self._room.close()

    def _source(self, scope: headers.Scope, lines: Any) -> str:
        forwarded = ",".join(lines.get_all("x-forwarded-for")) if self._proxies else ""
        return sources.source(headers.address(scope.client)[0], forwarded, self._proxies)

    def _queue(self, watcher: Any, lines: Any, body: bytes) -> None:
        self._turns.take(
            partial(self._surely, self._serve, watcher, lines, body),
            partial(self._surely, self._refuse, watcher, 503, "too many requests are waiting"),
        )

    def _surely(self, answer: Callable[..., None], watcher: Any, *values: Any) -> None:
        try:
            answer(watcher, *values)
        except Exception:
            log.exception("a request could not be answered")
            watcher.done()

    def _serve(self, watcher: Any, lines: Any, body: bytes) -> None:
        began = time.perf_counter()
        scope: headers.Scope = watcher.scope
        pairs: headers.Pairs = lines.items()
        if wrong := headers.fault(lines.keys(), pairs, scope.http_version):
            self._refuse(watcher, 400, wrong)
            return
        called = self._called(scope, lines)
        request_id.current.set(called)
        note = partial(self._note, scope, lines, began, called)
        try:
            self._answer(partial(headers.environ, scope, pairs, body, called), watcher.proto, note)
        except Exception:
            log.exception("the application did not answer")
        finally:
            request_id.current.set(None)
            # Where nothing was answered, the server says 500.
            watcher.done()

    def _called(self, scope: headers.Scope, lines: Any) -> str:
        """Return what a request is called: as a proxy that is trusted says, or anew."""
        if self._proxies and sources.within(headers.address(scope.client)[0], self._proxies):
            named = request_id.well_formed(",".join(lines.get_all("x-request-id")))
            if named is not None:
                return named
        return request_id.new(clock.now())

    def _answer(
        self, environ: Callable[[], dict[str, Any]], proto: Any, note: Callable[[int], None]
    ) -> None:
        begun = _Begun()
        pieces: Iterable[bytes] = ()
        try:
            try:
                pieces = self._app(environ(), begun)
                whole, rest = _gathered(pieces)
            except Exception:
                begun.status = 500
                raise
            finally:
                # Before the answer goes out: whoever has it may end this process at once.
                note(begun.status)
            if self._leaving:
                begun.headers = [*begun.headers, LAST]
            if rest is None:
                proto.response_bytes(begun.status, begun.headers, whole)
            else:
                _send_from_file(proto, begun.status, begun.headers, whole, rest)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def _refuse(self, watcher: Any, status: int, reason: str) -> None:
        """Answer a request that the application never sees, and end its connection."""
        called = self._called(watcher.scope, watcher.scope.headers)
        answer = [
            ("Content-Type", "text/plain; charset=utf-8"),
            (request_id.HEADER, called),
            LAST,
        ]
        if status == 503:
            answer.append(("Retry-After", str(RETRY_SECONDS)))
        self._note(watcher.scope, watcher.scope.headers, time.perf_counter(), called, status)
        watcher.proto.response_str(status, answer, reason + "\n")
        watcher.done()

    def _note(
        self, scope: headers.Scope, lines: Any, began: float, called: str, status: int
    ) -> None:
        seconds = time.perf_counter() - began
        if self._timed is not None:
            self._timed(scope.method, scope.path, status, seconds)
        if self._words is None:
            return
        source = self._source(scope, lines)
        shown = self._words.shown(scope.path)
        access_log.write(source, scope.method, shown, status, seconds, called)


def _send_from_file(
    proto: Any, status: int, begun: Headers, first: bytes, rest: Iterable[bytes]
) -> None:
    """Send a long answer from disk: anyone who reads slowly holds neither a thread nor memory."""
    spool = tempfile.TemporaryFile()  # noqa: SIM115 the server opens it by its number, after us
    spool.write(first)
    spool.writelines(rest)
    length = ("Content-Length", str(spool.tell()))
    spool.seek(0)
    answer = [pair for pair in begun if pair[0].lower() != "content-length"]
    proto.response_file(status, [*answer, length], f"/dev/fd/{spool.fileno()}")
    closing = threading.Timer(SPOOL_SECONDS, spool.close)
    closing.daemon = True
    closing.start()


def _gathered(pieces: Iterable[bytes]) -> tuple[bytes, Iterable[bytes] | None]:
    """Return an answer as a whole, or what came so far and the rest where it is long."""
    parts: list[bytes] = []
    size = 0
    coming = iter(pieces)
    for piece in coming:
        parts.append(piece)
        size += len(piece)
        if size > SPOOL_BYTES:
            return b"".join(parts), coming
    return b"".join(parts), None


def _length(lines: Any) -> int | None:
    """Return how long a body is, None where its end will tell (RFC 9112 section 6.3)."""
    if "transfer-encoding" in lines:
        return None
    # The server has refused what is no number.
    return int(lines.get("content-length", "0"))
