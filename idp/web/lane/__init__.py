"""The straight way to what is asked all day without a page: past Flask, which takes longer.

Owns what stands in Flask's place there: the transaction and the headers of every answer, by the
same functions (`idp.web`), around the same endpoint. It knows exact addresses alone. Whatever else
comes to one of them (another method, a query where none is read) is Flask's from the beginning, and
an exception is told by Flask's own handlers. An endpoint may also find that an answer is Flask's,
such as a page: then nothing of the request is kept, and Flask answers it as if it had just come.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, g

from idp import web
from idp.errors import PageError
from idp.store.db import PATIENCE, Work
from idp.web.lane import plain
from idp.web.lane.plain import Answer, AnyRequest, PlainRequest
from idp.web.visits import ForFlask

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Straight:
    """An endpoint that asks for nothing but its request: no language, no page.

    `answer` may raise `ForFlask` or a `PageError`, as long as nothing is committed.
    """

    name: str
    """As Flask knows it, without its blueprint."""
    paths: tuple[str, ...]
    methods: tuple[str, ...]
    answer: Callable[[Work, AnyRequest], Answer]
    headers: Pairs = ()
    """Of each of its answers."""
    queried: bool = False
    """It reads the query of its address; an address of others that has one is Flask's."""


class Lane:
    """WSGI: answers what is in its table, and hands on all else. Threads share one."""

    def __init__(self, app: Flask, endpoints: Iterable[Straight]) -> None:
        self._app = app
        self.others: Callable[..., Iterable[bytes]] = app.wsgi_app
        """Flask, for all that is not of the table."""
        self._frame = web.frame_of(app)
        self._largest: int = app.config["MAX_CONTENT_LENGTH"]
        self._table: dict[tuple[str, str], tuple[Straight, Pairs]] = {}
        self.add(endpoints)

    def add(self, endpoints: Iterable[Straight]) -> None:
        """Answer these as well."""
        self._table |= {
            (method, path): (endpoint, (*self._frame.headers, *endpoint.headers))
            for endpoint in endpoints
            for path in endpoint.paths
            for method in endpoint.methods
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # A server may leave out what is empty (PEP 3333).
        found = self._table.get((environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")))
        if found is None or (environ.get("QUERY_STRING") and not found[0].queried):
            return self.others(environ, start_response)
        endpoint, headers = found
        request = PlainRequest(environ, self._largest)
        unit = Work(self._frame.engine, PATIENCE)
        try:
            answer, more = self._answered(endpoint, headers, unit, request)
            length = ("Content-Length", str(len(answer.body)))
            start_response(answer.line, [*answer.headers, length, *more])
            return (answer.body,)
        except (ForFlask, PageError):
            pass
        finally:
            unit.close()
        return self.others(environ, start_response)

    def _answered(
        self, endpoint: Straight, headers: Pairs, unit: Work, request: PlainRequest
    ) -> tuple[Answer, Pairs]:
        """Return the answer, and the headers beside its own."""
        try:
            unit.caller = web.caller_of(request, self._frame)
            answer = endpoint.answer(unit, request)
        except (ForFlask, PageError):
            raise
        except Exception as error:
            return self._told(request, unit, error, self._app.handle_user_exception), ()
        try:
            web.settle(unit, answer.status)
        except Exception as error:
            return self._told(request, unit, error, self._app.handle_exception), ()
        called = web.called(request, self._frame)
        return answer, web.missing(answer.status, answer.headers, headers, called)

    def _told(
        self, request: PlainRequest, unit: Work, error: Exception, handle: Callable[[Any], Any]
    ) -> Answer:
        """Return what Flask answers when a view, or what comes after it, raises `error`."""
        with self._app.request_context(request.environ):
            g.acrux_work = unit
            # In the language of whoever reads it.
            self._app.preprocess_request()
            try:
                response = self._app.finalize_request(handle(error))
            except Exception as further:
                response = self._app.handle_exception(further)
            return plain.of_response(response)


def lay(app: Flask, endpoints: Iterable[Straight]) -> None:
    """Let `app`, whose web layer is there (`web.init_app`), answer `endpoints` by the lane."""
    if isinstance(app.wsgi_app, Lane):
        app.wsgi_app.add(endpoints)
    else:
        app.wsgi_app = Lane(app, endpoints)  # type: ignore[method-assign]
