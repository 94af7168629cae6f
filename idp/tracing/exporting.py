"""Spans leave this process: in the background, a few at a time, and nobody waits for a collector.

What cannot be sent is dropped, with one line in the log when that begins and one when it is over.
"""

import logging
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Tracer

from idp.settings.values import Traces

log = logging.getLogger("acrux.tracing")
SECONDS = 5.0
"""For how long a collector may take."""
OFTEN_MS = 2000
"""Milliseconds between two batches."""


class Told(SpanExporter):
    """Sends spans by another exporter, and tells the log once when that does not work."""

    def __init__(self, inner: SpanExporter, endpoint: str) -> None:
        self._inner = inner
        self._endpoint = endpoint
        self._well = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans. What fails is not tried again for ever."""
        result = self._inner.export(spans)
        well = result is SpanExportResult.SUCCESS
        if well != self._well:
            if well:
                log.info("%s takes traces again", self._endpoint)
            else:
                log.warning("%s does not take traces: they are dropped", self._endpoint)
            self._well = well
        return result

    def shutdown(self) -> None:
        """End, without trying what failed once more."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send nothing: this keeps nothing back."""
        return self._inner.force_flush(timeout_millis)


def tracer(traces: Traces, role: str) -> Tracer:
    """Return what makes the spans of this process; `role` is `serving` or `worker`."""
    # The library would tell each attempt.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    resource = Resource.create(
        {
            "service.name": "acrux",
            "service.version": version("acrux"),
            "service.instance.id": f"{platform.node()}-{os.getpid()}",
            "acrux.role": role,
        }
    )
    share = ParentBased(TraceIdRatioBased(traces.percent / 100))
    provider = TracerProvider(resource=resource, sampler=share)
    exporter = Told(OTLPSpanExporter(endpoint=traces.endpoint, timeout=SECONDS), traces.endpoint)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=OFTEN_MS))
    return provider.get_tracer("acrux")
