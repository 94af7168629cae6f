"""A stream is stopped by us: its application is told why, and so are operators."""

from idp import audit, clock
from idp.audit import Event
from idp.signals import vocabulary as words
from idp.store.db import Work
from idp.store.signals import sets, streams
from idp.store.signals.streams import DISABLED, PAUSED, StreamRow

MOST = 10_000
"""Tokens that wait in a stream; more are not kept."""
KEPT = 7 * 86400
"""Seconds for which a token waits."""
GIVEN_UP = 86400
"""Seconds after which it is not tried any more to push to an address that takes nothing."""
_OVERFULL = "more events wait than are kept"
_OLD = "events were not taken for as long as they are kept"
_AWAY = "the endpoint did not take events for a day"


def stop(work: Work, row: StreamRow, status: str, reason: str) -> bool:
    """Pause or disable a stream, if nobody else changed it meanwhile."""
    if not streams.set_status(work, row, status, reason):
        return False
    tell(work, row, status, reason)
    audit.record(
        work,
        Event.SIGNALS_STOPPED,
        client=row.client_id,
        reason=reason,
        stream=row.id,
        status=status,
        error=row.error,
    )
    return True


def tell(work: Work, row: StreamRow, status: str, reason: str | None) -> None:
    """Let the stream say that its status is another (SSF 1.0 section 8.1.5)."""
    body = {"status": status} | ({"reason": reason} if reason else {})
    said = {"sub_id": {"format": "opaque", "id": row.id}, "events": {words.UPDATED: body}}
    sets.add(work, row.id, None, words.UPDATED, said)


def overfull(work: Work, row: StreamRow) -> None:
    """Disable a stream in which too much waits: what comes is not kept, and that is said."""
    stop(work, row, DISABLED, _OVERFULL)


def away(work: Work, row: StreamRow) -> None:
    """Pause a stream whose address takes nothing; what comes about goes on waiting."""
    stop(work, row, PAUSED, _AWAY)


def old(work: Work, row: StreamRow) -> bool:
    """Disable a stream in which something about people waits for too long, and drop that.

    What is about the stream itself is dropped when it is as old, and stops nothing: who is back
    after a long time would be stopped again by the word that it was.
    """
    before = clock.now() - KEPT
    sets.drop_own(work, row.id, before)
    oldest = sets.oldest_of_people(work, row.id)
    if oldest is None or oldest >= before:
        return False
    sets.drop(work, row.id)
    if row.status != DISABLED:
        stop(work, row, DISABLED, _OLD)
    return True
