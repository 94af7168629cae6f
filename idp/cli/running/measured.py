"""What a process beside those that serve does for Prometheus: it counts, and gives all figures."""

from collections.abc import Iterator
from contextlib import contextmanager

from idp.installation import Installation


@contextmanager
def reported(installation: Installation) -> Iterator[None]:
    """Count what this process does, and serve the address of the metrics, where one is set."""
    bind = installation.settings.metrics.bind
    if not bind:
        yield
        return
    # Loaded by those alone who want it.
    from idp.metrics import process
    from idp.metrics.address import Address
    from idp.metrics.asked import Asked

    measured = process.of(installation, "worker")
    if measured is None:
        yield
        return
    measured.start()
    address = Address(
        bind, measured.folder, Asked(installation.engine, installation.settings.evidence)
    )
    address.open()
    try:
        yield
    finally:
        address.close()
