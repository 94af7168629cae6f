"""Requests that a person answers elsewhere than where they were made: of devices, and of CIBA.

Owns what their tables have in common: who asked asks again and waits, longer if it did not wait;
one person answers, once. What each of them keeps beside that is in a module of its own.
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement

ALLOWED, DENIED = "allowed", "denied"
WAITS_LONGER_BY = 5
"""Seconds that are added to the wait of who asks too soon (RFC 8628 section 3.5)."""
LONGEST_WAIT = 60
EARLY = 1
"""Seconds by which a question may be early: its clock, and ours, count whole ones."""


@dataclass(frozen=True)
class RequestRow:
    """What every such request has. Times in seconds since 1970 UTC."""

    id: str
    client_id: str
    request: str
    """What it is for, as JSON: `signin.demand.Demand`."""
    created_at: int
    expires_at: int
    wait: int
    answered_at: int | None
    answer: str | None
    """ALLOWED or DENIED; None as long as nobody answered."""

    @property
    def over(self) -> bool:
        """Return True if nobody can answer it any more."""
        return self.answered_at is not None or self.expires_at <= clock.now()


class Elsewhere:
    """The requests of one table, for what both tables share."""

    def __init__(self, table: str) -> None:
        self._ask = Statement(
            f"UPDATE {table} SET asked_at = :now WHERE id = :id AND asked_at + wait <= :latest"
        )
        self._slow = Statement(
            f"UPDATE {table} SET wait = CASE WHEN wait + :more > :most THEN :longest"
            " ELSE wait + :longer END WHERE id = :id"
        )
        self._answer = Statement(
            f"UPDATE {table} SET answer = :answer, answered_at = :now WHERE id = :id"
            " AND answered_at IS NULL AND expires_at > :at"
        )

    def asks(self, work: Work, row: RequestRow) -> bool:
        """Note a question; False when it comes too soon, and from now on the wait is longer."""
        now = clock.now()
        if work.run(self._ask, id=row.id, now=now, latest=now + EARLY) == 1:
            return True
        values = {"longest": LONGEST_WAIT, "most": LONGEST_WAIT}
        values |= {"longer": WAITS_LONGER_BY, "more": WAITS_LONGER_BY}
        work.run(self._slow, id=row.id, **values)
        return False

    def claim_answer(self, work: Work, request_id: str, answer: str) -> bool:
        """Answer a request: True for one caller, while it is open."""
        now = clock.now()
        return work.run(self._answer, id=request_id, answer=answer, now=now, at=now) == 1
