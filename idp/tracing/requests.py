"""A request becomes a span: its method and route, its status, what it is called.

The trace that it belongs to is taken from a proxy that is trusted (W3C Trace Context): a stranger
decides nothing of what is kept.
"""

from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from idp.caller import request_id, sources
from idp.metrics.routes import Routes, method_of

QUIET = frozenset({"/healthz", "/readyz"})
"""What a machine asks every second: a trace of it tells nothing."""
HEADERS = {"traceparent": "HTTP_TRACEPARENT", "tracestate": "HTTP_TRACESTATE"}
_propagator = TraceContextTextMapPropagator()
_FRESH = Context()


class Traced:
    """A WSGI application, whose requests become spans."""

    def __init__(
        self, app: Any, tracer: Tracer, rules: Iterable[str], proxies: Iterable[str]
    ) -> None:
        """`rules` are those of Flask; `proxies` the setting `server.trusted_proxies`."""
        self._app = app
        self._tracer = tracer
        self._routes = Routes(rules)
        self._proxies = sources.networks(proxies)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        path = environ["PATH_INFO"]
        if path in QUIET:
            answer: Iterable[bytes] = self._app(environ, start_response)
            return answer
        method, route = method_of(environ["REQUEST_METHOD"]), self._routes.of(path)
        about = {
            "http.request.method": method,
            "http.route": route,
            "acrux.request_id": environ[request_id.KEY],
        }
        with self._tracer.start_as_current_span(
            f"{method} {route}",
            context=self._parent(environ),
            kind=SpanKind.SERVER,
            attributes=about,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                answer = self._app(environ, _heard(span, start_response))
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise
            return answer

    def _parent(self, environ: dict[str, Any]) -> Context:
        carrier = {name: environ[key] for name, key in HEADERS.items() if key in environ}
        if not carrier or not sources.within(environ["REMOTE_ADDR"], self._proxies):
            return _FRESH
        return _propagator.extract(carrier, _FRESH)


def _heard(span: Span, start_response: Any) -> Callable[..., Any]:
    """Return WSGI's start_response, which the span hears of."""

    def begin(status: str, headers: Any, *error: Any) -> Any:
        code = int(status[:3])
        span.set_attribute("http.response.status_code", code)
        if code >= 500:
            span.set_status(Status(StatusCode.ERROR))
        return start_response(status, headers, *error)

    return begin
