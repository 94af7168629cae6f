"""How far the sessions of people had come before something happened, as the trail tells."""

import json

from idp.store.db import Work
from idp.store.db.statements import Statement

_SLACK = 3600
"""Seconds by which what came later may stand before it in the trail, or say an earlier time."""
# Only what came since the session began is looked through, not all that a person ever did.
_BEGUN = Statement(
    "SELECT (SELECT e.id FROM event e WHERE e.at < s.created_at - :slack"
    " ORDER BY e.at DESC LIMIT 1) FROM session s WHERE s.sid = :sid AND s.person_id = :person_id"
)
_LEVELS = Statement(
    "SELECT DISTINCT acr, data FROM event WHERE person_id = :person_id AND sid = :sid"
    " AND id > :after AND id < :before AND kind = 'person:sign-in:finished' AND acr IS NOT NULL"
)


def levels_before(work: Work, person_id: str, sid: str, event_id: int) -> set[str]:
    """Return the levels of all sign-ins that were finished in a session before an event.

    As they were stated, and as they were reached. None of a session that is no more.
    """
    begun = work.one(_BEGUN, person_id=person_id, sid=sid, slack=_SLACK)
    if begun is None:
        return set()
    rows = work.all(_LEVELS, person_id=person_id, sid=sid, after=begun[0] or 0, before=event_id)
    return {level for acr, data in rows for level in levels_of(acr, data)}


def levels_of(acr: str, data: str | None) -> tuple[str, ...]:
    """Return the levels that the event of a finished sign-in names: as stated, and as reached."""
    reached = json.loads(data).get("reached") if data else None
    return (acr, reached) if reached else (acr,)
