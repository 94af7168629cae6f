"""How much SQL an operation takes: the same operation in process, with the units of work counted.

The counters are the unit of work's own, read after each request, so the measured server does
nothing for it. BEGIN and COMMIT are not statements here.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from flask import g

from benchmarks.load import Ask, Operation, Reply
from idp.app import create_app
from idp.store.db import Work


class Request(NamedTuple):
    """What one request of an operation asked of the database."""

    name: str
    statements: int
    commits: int


class Counter:
    """The application of an installation, called directly."""

    def __init__(self, environ: dict[str, str]) -> None:
        app = create_app(environ)
        # Registered last, it runs first: the request's unit of work is not closed yet.
        app.teardown_request(self._note)
        self._client = app.test_client(use_cookies=False)
        self._seen: tuple[int, int] = (0, 0)

    def _note(self, _error: BaseException | None) -> None:
        unit: Work | None = g.get("acrux_work")
        self._seen = (unit.statements, unit.commits) if unit else (0, 0)

    def count(self, operation: Operation) -> list[Request]:
        """Walk one operation and return its requests in order."""
        found = []
        try:
            ask = next(operation)
            while True:
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


def total(requests: Iterable[Request]) -> tuple[int, int]:
    """Return the statements and the commits of all requests together."""
    rows = list(requests)
    return sum(row.statements for row in rows), sum(row.commits for row in rows)
