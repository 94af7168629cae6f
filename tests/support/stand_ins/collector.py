"""A collector of OpenTelemetry on the loopback address: keeps spans that come as OTLP over HTTP."""

import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.support.stand_ins.listener import Listener, QuietHandler

SECONDS = 20
SERVER, CLIENT = 2, 3
"""Kinds of a span (opentelemetry.proto.trace.v1)."""
FAILED = 2


@dataclass(frozen=True)
class Kept:
    """A span as it arrived."""

    name: str
    kind: int
    trace: str
    id: str
    parent: str
    failed: bool
    events: int
    about: dict[str, Any]


class Collector(Listener):
    """The collector, and what it has got: spans, and the bytes that they came in."""

    def __init__(self) -> None:
        self.spans: list[Kept] = []
        self.bytes = b""
        self.resources: list[dict[str, Any]] = []
        owner = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                owner.take(body)
                self.show(
                    ExportTraceServiceResponse().SerializeToString(), "application/x-protobuf"
                )

        super().__init__(Handler)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/traces"

    def take(self, body: bytes) -> None:
        """Read what was sent."""
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(_plain(group.resource.attributes))
            for scope in group.scope_spans:
                self.spans += map(_kept, scope.spans)
        self.bytes += body

    def until(self, wanted: Callable[[Kept], object]) -> Kept:
        """Wait for a span; return it."""
        deadline = time.monotonic() + SECONDS
        while True:
            if found := [span for span in self.spans if wanted(span)]:
                return found[0]
            assert time.monotonic() < deadline, [span.name for span in self.spans]
            time.sleep(0.05)

    def below(self, span: Kept) -> list[Kept]:
        """Return the spans that are part of `span`, in the order in which they ended."""
        mine = [each for each in self.spans if each.parent == span.id]
        return [found for each in mine for found in (*self.below(each), each)]


def _kept(span: Any) -> Kept:
    return Kept(
        span.name,
        span.kind,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.status.code == FAILED,
        len(span.events),
        _plain(span.attributes),
    )


def _plain(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
