"""What a process that serves or works does for OpenTelemetry, where `traces.endpoint` is set."""

from collections.abc import Iterable
from typing import Any

from idp import spans
from idp.errors import ConfigurationError
from idp.installation import Installation
from idp.settings.values import Settings


def check(settings: Settings) -> None:
    """Look whether what traces need is there, where they are wanted.

    Raises:
        ConfigurationError: it is missing.
    """
    if settings.traces.endpoint:
        # Loaded by those alone who want it.
        from idp.tracing import needed

        if said := needed.problem():
            raise ConfigurationError(said)


def begin(installation: Installation, role: str) -> Any:
    """Trace what this process does; return its tracer, or None where that is off.

    Raises:
        ConfigurationError: the packages are missing.
    """
    traces = installation.settings.traces
    if not traces.endpoint:
        return None
    check(installation.settings)
    from idp.store.db import watched
    from idp.tracing.exporting import tracer
    from idp.tracing.marks import Marks

    found = tracer(traces, role)
    engine = installation.engine
    marks = Marks(found, engine.dialect.name)
    spans.hear(marks)
    watched.watch(engine, marks.statement)
    # What is connected already is closed, and made anew when it is needed.
    engine.dispose()
    return found


def requests(app: Any, installation: Installation, rules: Iterable[str]) -> Any:
    """Return `app`, its requests traced where that is on.

    Raises:
        ConfigurationError: the packages are missing.
    """
    tracer = begin(installation, "serving")
    if tracer is None:
        return app
    from idp.tracing.requests import Traced

    return Traced(app, tracer, rules, installation.settings.server.trusted_proxies)
