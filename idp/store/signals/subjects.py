"""Whom a stream is about: who signed in to its application, and what was said of some people."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.signals import SignalSubject
from idp.store.rows import reader
from idp.store.signals import streams

ADDED, REMOVED, LEFT = "added", "removed", "left"
"""`LEFT`: deleted, with what the application called the person."""


@dataclass(frozen=True)
class SubjectRow:
    """What was said of a person in a stream."""

    person_id: str
    state: str
    subject: dict[str, Any]
    """The form in which it names the person (RFC 9493), empty where that is not said; of one who
    left, the whole name. What else an older row holds may have become another person's."""


_ROW = reader(SubjectRow, SignalSubject)
_FIND = Statement(
    f"SELECT {_ROW.columns} FROM signal_subject WHERE stream_id = :stream_id"
    " AND person_id = :person_id"
)
_SAY = Statement(
    "INSERT INTO signal_subject (stream_id, person_id, state, subject, at)"
    " VALUES (:stream_id, :person_id, :state, :subject, :now) ON CONFLICT (stream_id, person_id)"
    " DO UPDATE SET state = excluded.state, subject = excluded.subject, at = excluded.at"
)
_FORGET = Statement("DELETE FROM signal_subject WHERE person_id = :person_id")
# A code that was given, whatever became of it: the application may know the person since.
_SCOPES = Statement(
    'SELECT scope FROM "authorization" WHERE person_id = :person_id AND client_id = :client_id'
)
_SCOPES_SINCE = Statement(
    'SELECT scope FROM "authorization" WHERE person_id = :person_id AND client_id = :client_id'
    " AND created_at > COALESCE((SELECT max(at) FROM event WHERE person_id = :person_id"
    " AND client_id = :client_id AND kind IN ('person:consent:withdrawn', 'person:access:ended')),"
    " -1)"
)
_HAPPENED = Statement(
    "SELECT 1 FROM event WHERE person_id = :person_id AND client_id = :client_id"
    " AND kind IN ('client:code:issued', 'client:token:issued') LIMIT 1"
)
_IN_SESSION = Statement(
    'SELECT 1 FROM "authorization" WHERE person_id = :person_id AND client_id = :client_id'
    " AND sid = :sid LIMIT 1"
)
_PAIRWISE = Statement(
    "SELECT subject FROM pairwise WHERE sector = :sector AND person_id = :person_id"
)


def find(work: Work, stream_id: str, person_id: str) -> SubjectRow | None:
    """Return what was said of a person, if anything was."""
    return _ROW.one(work.one(_FIND, stream_id=stream_id, person_id=person_id))


def say(work: Work, stream_id: str, person_id: str, state: str, kind: str | None = None) -> None:
    """Keep that a person was added or taken out, and the form of their name; the last counts."""
    _say(work, stream_id, person_id, state, {"format": kind} if kind else None)


def _say(
    work: Work, stream_id: str, person_id: str, state: str, subject: Mapping[str, Any] | None
) -> None:
    values = {"state": state, "subject": json.dumps(subject) if subject else None}
    work.run(_SAY, stream_id=stream_id, person_id=person_id, now=clock.now(), **values)


def forget(work: Work, person_id: str) -> None:
    """Forget what was said of somebody who is gone, once that was told."""
    work.run(_FORGET, person_id=person_id)


def signed_in(work: Work, client_id: str, person_id: str) -> bool:
    """Return True if a person ever signed in to an application, as far as is remembered."""
    values = {"client_id": client_id, "person_id": person_id}
    return work.one(_SCOPES, **values) is not None or work.one(_HAPPENED, **values) is not None


def scopes(work: Work, client_id: str, person_id: str) -> frozenset[str]:
    """Return what an application got of a person by sign-ins that are remembered.

    None of those before the person took it all back.
    """
    found = work.column(_SCOPES_SINCE, client_id=client_id, person_id=person_id)
    return frozenset(name for text in found for name in text.split())


def in_session(work: Work, client_id: str, person_id: str, sid: str) -> bool:
    """Return True if an application was signed in to in a session."""
    return work.one(_IN_SESSION, client_id=client_id, person_id=person_id, sid=sid) is not None


def part(work: Work, person_id: str, issuer: str) -> None:
    """Keep what each stream's application calls somebody who is about to be deleted.

    So it can still be told, by the `sub`: an address may be another's by then. Whoever was taken
    out of a stream stays so.
    """
    for stream in streams.everyone(work):
        said = find(work, stream.id, person_id)
        if said is not None and said.state == REMOVED:
            continue
        if said is None and not signed_in(work, stream.client_id, person_id):
            continue
        sub = person_id
        if stream.sector is not None:
            sub = work.value(_PAIRWISE, sector=stream.sector, person_id=person_id)
        if sub is not None:
            subject = {"format": "iss_sub", "iss": issuer, "sub": sub}
            _say(work, stream.id, person_id, LEFT, subject)
