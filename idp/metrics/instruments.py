"""Every figure that a process keeps: its name, its meaning, its labels. All are bounded.

Names follow Prometheus' conventions: a unit, `_total` for what only grows. What is asked of the
database when somebody looks is in `idp.metrics.asked`.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from idp.metrics.routes import OTHER

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)


class Bounded:
    """The values that a label may have: those that are known, or the first few that come."""

    def __init__(self, known: Iterable[str] = (), room: int = 0) -> None:
        """Beside the `known` ones there is `room` for so many more."""
        self._values = set(known)
        self._most = len(self._values) + room

    def __call__(self, value: str | None) -> str:
        """Return `value` if it is one of them, `other` if not; "" for None."""
        if not value:
            return ""
        if value not in self._values:
            if len(self._values) >= self._most:
                return OTHER
            self._values.add(value)
        return value


class Instruments:
    """The figures of one process, made after it joined its folder."""

    def __init__(self) -> None:
        registry = CollectorRegistry()

        def counter(name: str, meaning: str, *labels: str) -> Counter:
            return Counter(f"acrux_{name}", meaning, labels, registry=registry)

        def gauge(name: str, meaning: str, *labels: str) -> Gauge:
            return Gauge(
                f"acrux_{name}", meaning, labels, registry=registry, multiprocess_mode="livesum"
            )

        self.sign_ins = counter("sign_ins", "Sign-ins that ended", "outcome", "acr", "amr")
        self.attempts = counter(
            "authentication_attempts", "Answers to a step of a sign-in", "method", "outcome"
        )
        self.tokens = counter("tokens_issued", "Token responses", "grant")
        self.throttled = counter("throttled", "What a limit held back", "what")
        self.events = counter("events", "Events of the audit trail", "event", "outcome")
        self.trouble = counter(
            "database_trouble", "Work that failed because of the database", "code"
        )
        self.requests = Histogram(
            "acrux_http_request_duration_seconds",
            "From taking up a request to its answer",
            ("route", "method", "status"),
            registry=registry,
            buckets=SECONDS,
        )
        self.processes = gauge("processes", "Processes that are alive", "role")
        self.in_flight = gauge("http_requests_in_flight", "Requests that run")
        self.waiting = gauge("http_requests_waiting", "Requests that wait for a turn to run")
        self.connections = gauge("database_connections_in_use", "Connections that are in use")
        self.connections_most = gauge("database_connections_max", "Connections there may be")
        self.hashing = gauge("password_hashes_running", "Passwords being hashed")
        self.hashing_waiting = gauge("password_hashes_waiting", "Passwords that wait to be hashed")
        self.hashing_most = gauge("password_hashes_max", "Passwords that may be hashed at once")
