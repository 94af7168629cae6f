"""When a message is tried again, and when it is given up: one plan for each channel."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """`first` seconds after the first attempt, twice as many after each, `longest` at most."""

    first: int
    longest: int
    attempts: int | None = None
    """The most there may be; None: as many as fit into the message's lifetime."""

    def next_at(self, now: int, attempts: int, expires_at: int) -> int | None:
        """Return when to try again after that many attempts; None: never."""
        due_at = now + min(self.first * 2 ** (attempts - 1), self.longest)
        if self.attempts is None:
            # At its end the message comes up once more, to be given up and its text forgotten.
            return min(due_at, expires_at)
        return due_at if attempts < self.attempts and due_at < expires_at else None

    def exhausted(self, attempts: int) -> bool:
        """Return True if an attempt of this number may not be made any more."""
        return self.attempts is not None and attempts > self.attempts


PLANS: Mapping[str, Plan] = {
    "sms": Plan(first=20, longest=20, attempts=2),
    "voice": Plan(first=20, longest=20, attempts=1),
    "mail": Plan(first=30, longest=900),
    "reset": Plan(first=30, longest=900),
    "reach": Plan(first=10, longest=60),
    "ping": Plan(first=5, longest=60, attempts=6),
    "logout": Plan(first=60, longest=900, attempts=5),
}
"""By channel. A person waits for a text message; an application may be restarting for minutes."""
