"""The journal: what was asked and what was answered, a line each, written before the next step.

A question that has no answer was not acknowledged: the server may have done it, or not.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Deed:
    """Something that was asked, and what came of it. Times are seconds since 1970 UTC."""

    number: int
    kind: str
    asked_at: float
    asked: dict[str, Any]
    answered_at: float | None = None
    status: int | None = None
    """Of the answer; None: none came, so that nobody knows what was done."""
    heard: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        """Return what was asked with, or else what the answer said; None where neither has it."""
        return self.asked.get(name, (self.heard or {}).get(name))

    @property
    def done(self) -> bool:
        """It was acknowledged as done."""
        return bool((self.heard or {}).get("done"))

    @property
    def refused(self) -> bool:
        return self.status is not None and self.status < 500 and not self.done


class Journal:
    """A file that only grows. Threads share one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a")
        self._lock = threading.Lock()
        self._number = 0

    def ask(self, kind: str, **asked: Any) -> int:
        """Note that something is about to be asked; return its number."""
        with self._lock:
            self._number += 1
            self._write({"n": self._number, "at": time.time(), "kind": kind, "asked": asked})
            return self._number

    def answer(self, number: int, status: int | None, **heard: Any) -> None:
        """Note what was answered; a status of None stands for a connection that ended."""
        with self._lock:
            self._write({"n": number, "at": time.time(), "status": status, "heard": heard})

    def note(self, kind: str, **said: Any) -> None:
        """Note what is no question, such as the beginning of a fault."""
        self.answer(self.ask(kind, **said), 0)

    def close(self) -> None:
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


def read(path: Path) -> list[Deed]:
    """Return what a journal holds, in the order in which it was asked."""
    asked: dict[int, dict[str, Any]] = {}
    answers: dict[int, dict[str, Any]] = {}
    for line in _lines(path):
        (asked if "kind" in line else answers)[line["n"]] = line
    return [_deed(line, answers.get(number)) for number, line in sorted(asked.items())]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as file:
        for line in file:
            yield json.loads(line)


def _deed(line: dict[str, Any], answer: dict[str, Any] | None) -> Deed:
    begun = Deed(line["n"], line["kind"], line["at"], line["asked"])
    if answer is None:
        return begun
    return Deed(
        begun.number,
        begun.kind,
        begun.asked_at,
        begun.asked,
        answer["at"],
        answer["status"],
        answer["heard"],
    )
