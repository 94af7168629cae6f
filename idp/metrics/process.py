"""What a process keeps for Prometheus, from its start to its end."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client import Gauge

from idp import audit
from idp.authenticators.password import Password
from idp.installation import Installation
from idp.metrics.events import Counting
from idp.metrics.folder import Folder
from idp.metrics.instruments import Bounded, Instruments
from idp.metrics.routes import Routes, method_of
from idp.store.db import connections, trouble

log = logging.getLogger("acrux.metrics")
LOOK_SECONDS = 1.0
"""Between two looks at what a process is doing: nothing is counted on the way of a request."""
CODES = 40
Look = Callable[[], float]


class Measured:
    """The figures of this process. Its counters are written as things happen."""

    def __init__(self, installation: Installation, role: str) -> None:
        """`role` says what kind of process this is: `serving` or `worker`.

        Raises:
            OSError: the folder cannot be written.
        """
        self.folder = Folder(installation.settings.metrics_path)
        self.folder.join()
        self._to = to = Instruments()
        self._codes = Bounded(room=CODES)
        self._looks: list[tuple[Gauge, Look]] = []
        to.processes.labels(role).set(1)
        audit.hear(Counting(to, installation.settings))
        trouble.hear(lambda found: to.trouble.labels(self._codes(found.code)).inc())
        engine, password = installation.engine, installation.passwords.rule.password
        self.watch(to.connections, lambda: connections.in_use(engine))
        self.watch(to.connections_most, lambda: connections.at_most(engine))
        self._watch_hashing(password)

    def _watch_hashing(self, password: Password) -> None:
        to = self._to
        self.watch(to.hashing, lambda: password.hashing[0])
        self.watch(to.hashing_waiting, lambda: password.hashing[1])
        self.watch(to.hashing_most, lambda: password.at_once)

    def watch(self, gauge: Gauge, look: Look) -> None:
        """Keep what `look` returns in `gauge`."""
        self._looks.append((gauge, look))

    def watch_requests(self, gateway: Any) -> None:
        """Keep how many requests run and wait in `gateway`."""
        self.watch(self._to.in_flight, lambda: gateway.running)
        self.watch(self._to.waiting, lambda: gateway.waiting)

    def timed(self, rules: Iterable[str]) -> Callable[[str, str, int, float], None]:
        """Return what notes a request: its method, path, status and seconds."""
        routes, known = Routes(rules), self._to.requests.labels
        children: dict[tuple[str, str, int], Any] = {}

        def note(method: str, path: str, status: int, seconds: float) -> None:
            key = (routes.of(path), method_of(method), status // 100)
            child = children.get(key)
            if child is None:
                child = children[key] = known(key[0], key[1], f"{key[2]}xx")
            child.observe(seconds)

        return note

    def look(self) -> None:
        """Write down what this process does at this moment."""
        for gauge, look in self._looks:
            gauge.set(look())

    def start(self) -> "Measured":
        """Look again and again, in a thread that ends with the process."""
        threading.Thread(target=self._go_on, name="acrux-metrics", daemon=True).start()
        return self

    def _go_on(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self.look()
            except Exception:
                log.exception("a figure could not be taken")
            pause.wait(LOOK_SECONDS)


def of(installation: Installation, role: str) -> Measured | None:
    """Return the figures of this process; None, which the log tells, where they cannot be kept."""
    try:
        return Measured(installation, role)
    except OSError as error:
        log.error("no metrics of this process: %s", error)
        return None
