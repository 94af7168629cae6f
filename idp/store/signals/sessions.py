"""How far the sessions of people had come before something happened, as the trail tells."""

from idp.store.db import Work
from idp.store.db.statements import Statement

_LEVELS = Statement(
    "SELECT DISTINCT acr FROM event WHERE person_id = :person_id AND sid = :sid AND id < :before"
    " AND kind = 'person:sign-in:finished' AND acr IS NOT NULL"
)


def levels_before(work: Work, person_id: str, sid: str, event_id: int) -> list[str]:
    """Return the acr of every sign-in that was finished in a session before an event."""
    return work.column(_LEVELS, person_id=person_id, sid=sid, before=event_id)
