"""What this room needs of Python: packages that are no part of an ordinary installation."""

from importlib.util import find_spec

NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
MISSING = (
    "traces.endpoint is set, and the packages that it needs are missing: run `make install-traces`,"
    " or pip install --require-hashes -r requirements-traces.txt"
)


def problem() -> str | None:
    """Say what keeps this Python from tracing; None when nothing does."""
    try:
        return None if all(find_spec(name) for name in NEEDED) else MISSING
    except ModuleNotFoundError:
        # Of a part's parent: nothing of OpenTelemetry is there.
        return MISSING
