"""Whom the end of a session concerns: the applications that were given something in it.

A session is named by its row and its `sid` together, because the row goes on under another `sid`
when someone else signs in in the same browser.
"""

from dataclasses import dataclass

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.protocol import Authorization
from idp.store.rows import reader


@dataclass(frozen=True)
class Party:
    """An application, what it calls the person and the session, and who the person is."""

    client_id: str
    person_id: str
    subject: str
    sid: str


_ROW = reader(Party, {Authorization: "a"})
_IN_SESSION = 'FROM "authorization" a WHERE a.session_id = :session_id AND a.sid = :sid'
_BY_BACK_CHANNEL = Statement(
    'SELECT a.client_id, MIN(a.id) FROM "authorization" a JOIN client c ON c.id = a.client_id'
    " WHERE a.session_id = :session_id AND a.sid = :sid"
    " AND c.data LIKE '%\"backchannel_logout_uri\"%' GROUP BY a.client_id ORDER BY a.client_id"
)
_IN_BROWSER = Statement(f"SELECT DISTINCT a.client_id {_IN_SESSION} ORDER BY a.client_id")
_PARTY = Statement(f'SELECT {_ROW.columns} FROM "authorization" a WHERE a.id = :id')


def by_back_channel(work: Work, session_id: str, sid: str) -> list[tuple[str, str]]:
    """Return each client of a session that wants a message, and one authorization of it there.

    Revoked ones and those for offline access count too: the client may still hold a session.
    """
    return work.all(_BY_BACK_CHANNEL, session_id=session_id, sid=sid)


def clients_of(work: Work, session_id: str, sid: str) -> list[str]:
    """Return the ids of all clients of a session."""
    return work.column(_IN_BROWSER, session_id=session_id, sid=sid)


_WAITING = Statement(
    f'SELECT o.id, {_ROW.columns} FROM outbox o JOIN "authorization" a ON a.id = o.about'
    " WHERE a.person_id = :person_id AND o.channel = :channel AND o.state IN ('due', 'late')"
)


def waiting(work: Work, person_id: str, channel: str) -> list[tuple[str, Party]]:
    """Return what applications are still to be told of a person, each with its outbox id."""
    rows = work.all(_WAITING, person_id=person_id, channel=channel)
    return [(outbox_id, _ROW.read(row)) for outbox_id, *row in rows]


def party(work: Work, authorization_id: str) -> Party | None:
    """Return whom an authorization is about; None when it is gone, and with it the client."""
    return _ROW.one(work.one(_PARTY, id=authorization_id))
