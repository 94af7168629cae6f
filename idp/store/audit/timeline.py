"""What belongs to one sign-in: the events of its interaction, and those of its session after it."""

from dataclasses import dataclass

from idp.store.audit import searching
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.events import EventRow, Filter

MOST = 200
"""Events of one sign-in that are shown."""
_AROUND = 10
"""Seconds between a leaf and the event of the same transaction, at most."""
_ISSUED = Statement(
    "SELECT id, person_id FROM event WHERE at >= :since AND at <= :until"
    " AND data LIKE :pattern ESCAPE '\\' ORDER BY at, id LIMIT 1"
)
_INTERACTION = Statement(
    "SELECT i.interaction_id FROM (SELECT interaction_id, sid, id FROM event"
    " WHERE person_id = :person_id AND id <= :issued ORDER BY id DESC LIMIT :examined) i"
    " WHERE i.sid = :sid AND i.interaction_id IS NOT NULL ORDER BY i.id DESC LIMIT 1"
)


@dataclass(frozen=True)
class Timeline:
    """Events of one sign-in, oldest first; `person_id` is whose it was, also of who is gone."""

    rows: list[EventRow]
    person_id: str | None
    interaction: str | None


def of_interaction(work: Work, interaction: str) -> list[EventRow]:
    """Return the events of one interaction, oldest first."""
    return searching.search(work, Filter(interaction=interaction), MOST).rows[::-1]


def of_token(work: Work, *, jti: str, at: int, client: str, sid: str | None) -> Timeline:
    """Return what led to the tokens of a leaf, and what came of their session there."""
    pattern = f'%"jti": "{_escaped(jti)}"%'
    issued = work.one(_ISSUED, since=at - _AROUND, until=at + _AROUND, pattern=pattern)
    if issued is None:
        return Timeline([], None, None)
    issued_id, person_id = issued
    if person_id is None or sid is None:
        near = Filter(client=client, since=at - _AROUND, until=at + _AROUND)
        rows = searching.search(work, near, MOST).rows
        return Timeline([row for row in rows if row.id == issued_id], person_id, None)
    values = {"person_id": person_id, "issued": issued_id, "sid": sid}
    interaction = work.value(_INTERACTION, **values, examined=searching.EXAMINED)
    of_session = Filter(person_id=person_id, sid=sid)
    found = {
        row.id: row
        for row in searching.search(work, of_session, MOST).rows
        if row.client_id in (client, None)
    }
    if interaction is not None:
        found |= {row.id: row for row in of_interaction(work, interaction)}
    return Timeline([found[key] for key in sorted(found)][:MOST], person_id, interaction)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
