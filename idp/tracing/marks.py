"""What is marked below becomes spans: calls to other programs, statements of the database."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import ParamSpec, TypeVar

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

P = ParamSpec("P")
R = TypeVar("R")
LONGEST = 500
"""Characters of a statement: what it asks for stands at its beginning."""
_NOTHING: AbstractContextManager[None] = nullcontext()
_propagator = TraceContextTextMapPropagator()


class Marks:
    """Listens to `idp.spans`, and around statements."""

    def __init__(self, tracer: Tracer, database: str) -> None:
        """`database` is the name of its kind, as OpenTelemetry has it (`db.system.name`)."""
        self._tracer = tracer
        self._database = database

    def around(self, name: str, about: Mapping[str, str]) -> AbstractContextManager[dict[str, str]]:
        """Make a span of a call to another program, and give what tells it of the trace."""
        return self._calling(name, about)

    @contextmanager
    def _calling(self, name: str, about: Mapping[str, str]) -> Iterator[dict[str, str]]:
        with self._span(name, about):
            headers: dict[str, str] = {}
            _propagator.inject(headers)
            yield headers

    def carried(self, call: Callable[P, R]) -> Callable[P, R]:
        """Return `call`, made in another thread as a part of what this one is at."""
        here = context.get_current()

        def continued(*values: P.args, **named: P.kwargs) -> R:
            token = context.attach(here)
            try:
                return call(*values, **named)
            finally:
                context.detach(token)

        return continued

    def statement(self, text: str) -> AbstractContextManager[None]:
        """Make a span of a statement, where it is part of something that is traced.

        Its text is ours, and its values are not in it.
        """
        if not trace.get_current_span().is_recording():
            return _NOTHING
        verb = text.split(None, 1)[0]
        about = {
            "db.system.name": self._database,
            "db.operation.name": verb,
            "db.query.text": text[:LONGEST],
        }
        return self._span(verb, about)

    @contextmanager
    def _span(self, name: str, about: Mapping[str, str]) -> Iterator[None]:
        # The text of an exception may name a person, so the library is not to record it.
        with self._tracer.start_as_current_span(
            name,
            kind=SpanKind.CLIENT,
            attributes=about,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise
