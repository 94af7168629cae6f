"""How much SQL an operation takes: the same operation in process, with the units of work counted.

The counters are the unit of work's own, read when it is closed, so the measured server does
nothing for it. BEGIN and COMMIT are not statements here; a round trip is whatever waits for an
answer of the database, one for all that goes in a pipeline.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest import mock

from benchmarks.load import Ask, Operation, Reply
from idp.app import create_app
from idp.store.db import Work


class Request(NamedTuple):
    """What one request of an operation asked of the database."""

    name: str
    statements: int
    trips: int
    """Round trips: what SQLite answers within the process is counted alike."""
    commits: int


class Counter:
    """The application of an installation, called directly."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._client = create_app(environ).test_client(use_cookies=False)
        self._seen = [0, 0, 0]
        self._piped = False

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Count what units of work do inside."""
        close, execute, pipeline = Work.close, Work._execute, Work._flush_in_pipeline

        def note(unit: Work) -> None:
            self._seen[0] += unit.statements
            self._seen[2] += unit.commits
            close(unit)

        def ask(unit: Work, *words: Any) -> Any:
            self._seen[1] += not self._piped
            return execute(unit, *words)

        def ask_at_once(unit: Work, *words: Any) -> None:
            self._seen[1] += 1
            self._piped = True
            try:
                pipeline(unit, *words)
            finally:
                self._piped = False

        with (
            mock.patch.object(Work, "close", note),
            mock.patch.object(Work, "_execute", ask),
            mock.patch.object(Work, "_flush_in_pipeline", ask_at_once),
        ):
            yield

    def count(self, operation: Operation) -> list[Request]:
        """Walk one operation and return its requests in order."""
        found = []
        try:
            ask = next(operation)
            while True:
                self._seen[:] = 0, 0, 0
                with self._watching():
                    reply = self._call(ask)
                found.append(Request(_name(ask), *self._seen))
                ask = operation.send(reply)
        except StopIteration:
            return found

    def _call(self, ask: Ask) -> Reply:
        lines = [line.partition(": ") for line in ask.headers.splitlines()]
        response = self._client.open(
            ask.path,
            method=ask.method,
            headers=[(name, value) for name, _, value in lines],
            data=ask.body if ask.method == "POST" else None,
            content_type="application/x-www-form-urlencoded" if ask.method == "POST" else None,
        )
        head = f"HTTP/1.1 {response.status}\r\n{response.headers}".encode()
        return Reply(response.status_code, head, response.data)


def _name(ask: Ask) -> str:
    """Return the method and the path, without what is different each time."""
    parts = ask.path.partition("?")[0].split("/")
    if "interaction" in parts[:2]:
        parts[2] = "*"
    if parts[1:3] == ["authorize", "resume"]:
        parts[3] = "*"
    return f"{ask.method} {'/'.join(parts)}"


def settled(counter: Counter, make: Callable[[], Operation]) -> list[Request]:
    """Return the requests of an operation once clients and keys are known to the process."""
    counter.count(make())
    return counter.count(make())


def total(requests: Iterable[Request]) -> tuple[int, int, int]:
    """Return the statements, the round trips and the commits of all requests together."""
    rows = list(requests)
    return (
        sum(row.statements for row in rows),
        sum(row.trips for row in rows),
        sum(row.commits for row in rows),
    )
