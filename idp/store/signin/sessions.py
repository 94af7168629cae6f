"""Browser sessions and the proofs they hold, read together in one question."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from idp import clock
from idp.policy.types import Proof
from idp.store import people
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.sign_in import Session
from idp.store.people import PersonRow
from idp.store.rows import GIVEN, reader
from idp.store.signin import proofs


@dataclass(frozen=True)
class SessionRow:
    """A session as stored, with its finished proofs. `stale`: found by the id before the last."""

    id: str
    sid: str
    person_id: str | None
    created_at: int
    seen_at: int
    expires_at: int
    rotated_at: int
    repeat_digest: str | None
    stale: bool
    proofs: tuple[Proof, ...] = ()
    cookie: str = field(default="", repr=False)
    """The value that the browser sent: in memory only, the table has its digest."""
    owner: PersonRow | None = field(default=None, repr=False)
    """The person, where both were asked for together (`find_with_owner`)."""


_ROW = reader(SessionRow, {Session: "s"}, stale=GIVEN, proofs=GIVEN, cookie=GIVEN, owner=GIVEN)
_COLUMNS = f"{_ROW.columns}, {proofs.ROW.columns}"
_HERE = _ROW.width + proofs.ROW.width
"""Where a person begins who was asked for with the session and its proofs."""
_FROM = (
    " FROM session s LEFT JOIN proof f ON f.session_id = s.id AND f.person_id = s.person_id"
    "{person} WHERE {which} AND s.ended_at IS NULL"
)
_LIVE = "s.digest = :digest AND s.expires_at > :now AND s.seen_at > :idle_since"
_FIND = Statement(f"SELECT {_COLUMNS}{_FROM.format(person='', which=_LIVE)}")
_BY_ID = Statement(f"SELECT {_COLUMNS}{_FROM.format(person='', which='s.id = :id')}")
_WITH_OWNER = people.by_dialect(
    f"SELECT {_COLUMNS}, {people.ROW.columns}"
    + _FROM.format(person=" LEFT JOIN person p ON p.id = s.person_id", which=_LIVE)
)
_BY_SID = Statement(
    "SELECT person_id, id FROM session WHERE sid = :sid AND person_id IS NOT NULL"
    " AND ended_at IS NULL AND expires_at > :now"
)
_LABEL = Statement("SELECT label FROM session WHERE id = :id")
_FIND_STALE = Statement(
    f"SELECT {_ROW.columns} FROM session s WHERE s.previous_digest = :digest"
    " AND s.rotated_at > :since AND s.ended_at IS NULL AND s.expires_at > :now"
)


def find(work: Work, digest: str, idle: int) -> SessionRow | None:
    """Return the live session with this cookie digest, used in the last `idle` seconds."""
    now = clock.now()
    return _with_proofs(work, work.all(_FIND, digest=digest, now=now, idle_since=now - idle))


def find_with_owner(work: Work, digest: str, idle: int) -> SessionRow | None:
    """Return the same with its person, in one question."""
    now = clock.now()
    question = _WITH_OWNER[work.engine.dialect.name]
    rows = work.all(question, digest=digest, now=now, idle_since=now - idle)
    owner = None
    if rows and rows[0][_HERE] is not None:
        owner = people.ROW.one(work, rows[0][_HERE:])
        if owner is None:
            # Nobody is signed in by it. Whoever signs in as that person is told why not.
            return None
    return _with_proofs(work, rows, owner)


def _with_proofs(
    work: Work, rows: Sequence[Sequence[Any]], owner: PersonRow | None = None
) -> SessionRow | None:
    """Return a session of the rows of it and each of its proofs; None for no row."""
    if not rows:
        return None
    width, first = _ROW.width, rows[0]
    own = [row[width:_HERE] for row in rows if row[width] is not None]
    found = tuple(proofs.ROW.all(work, own, first[0]))
    return _ROW.read(first[:width], False, found, "", owner)


def by_id(work: Work, session_id: str) -> SessionRow | None:
    """Return a session that was not ended, be it idle or expired."""
    return _with_proofs(work, work.all(_BY_ID, id=session_id))


def label_of(work: Work, session_id: str) -> str | None:
    """Return what kind of browser a session is in, in words, as far as that is known."""
    label: str | None = work.value(_LABEL, id=session_id)
    return label


def find_stale(work: Work, digest: str, within: int) -> SessionRow | None:
    """Return the session whose id was this one until a rotation less than `within` seconds ago."""
    now = clock.now()
    row = work.one(_FIND_STALE, digest=digest, since=now - within, now=now)
    return None if row is None else _ROW.read(row, True)


_ADD = Statement(
    "INSERT INTO session (id, digest, sid, rotated_at, created_at, seen_at, expires_at)"
    " VALUES (:id, :digest, :sid, :now, :now, :now, :expires_at)"
)
_ROTATE = Statement(
    "UPDATE session SET previous_digest = digest, digest = :digest, repeat_digest = :repeat,"
    " rotated_at = :now, seen_at = :now WHERE id = :id"
)
_FORGET_ANSWER = Statement("UPDATE session SET repeat_digest = NULL WHERE id = :id")
_SEEN = Statement(
    # Anyone who has the row locked is at work in the session as well: it is not waited for.
    "UPDATE session SET seen_at = :now WHERE id = (SELECT s.id FROM session s WHERE s.id = :id"
    " AND s.seen_at < :at FOR NO KEY UPDATE SKIP LOCKED)"
)
_SIGN_IN = Statement(
    "UPDATE session SET person_id = :person_id, sid = :sid, created_at = :now, seen_at = :now,"
    " expires_at = :expires_at WHERE id = :id"
)
_DESCRIBE = Statement("UPDATE session SET label = :label, source = :source WHERE id = :id")
_EXTEND = Statement("UPDATE session SET seen_at = :now, expires_at = :expires_at WHERE id = :id")
_HOLD = Statement(
    "UPDATE session SET seen_at = seen_at WHERE id = :id AND ended_at IS NULL"
    " RETURNING person_id, sid"
)
_END = Statement(
    "UPDATE session SET ended_at = :now WHERE id = :id AND ended_at IS NULL RETURNING sid"
)
_END_ALL = Statement(
    "UPDATE session SET ended_at = :now WHERE person_id = :person_id AND ended_at IS NULL"
    " AND id <> :spared RETURNING id, sid"
)
_DROP_PROOFS = Statement("DELETE FROM proof WHERE session_id = :id")
_DROP_OPEN = Statement(
    "DELETE FROM proof WHERE person_id = :person_id AND session_id IS NULL AND interaction_id"
    " NOT IN (SELECT i.id FROM interaction i WHERE i.session_id = :spared)"
)
# By whether it is about one credential of the method.
_ONLY = {False: "", True: " AND credential_id = :credential"}
_END_RESTING = {
    one: Statement(
        "UPDATE session SET ended_at = :now WHERE ended_at IS NULL AND id IN (SELECT session_id"
        f" FROM proof WHERE person_id = :person_id AND method = :method{only}) AND id <> :spared"
        " RETURNING id, sid"
    )
    for one, only in _ONLY.items()
}
_DROP_METHOD = {
    one: Statement(
        "DELETE FROM proof WHERE session_id = :id AND person_id = :person_id AND method = :method"
        + only
    )
    for one, only in _ONLY.items()
}
_DROP_UNFINISHED = {
    one: Statement(
        "DELETE FROM proof WHERE person_id = :person_id AND session_id IS NULL"
        f" AND method = :method{only}"
    )
    for one, only in _ONLY.items()
}


def by_sid(work: Work, sid: str) -> tuple[str, str] | None:
    """Return the person and the id of the live session that goes under `sid`; None for none."""
    found: tuple[str, str] | None = work.one(_BY_SID, sid=sid, now=clock.now())
    return found


def add(work: Work, *, session_id: str, digest: str, sid: str, expires_at: int) -> None:
    """Store a new session without a person."""
    work.run(_ADD, id=session_id, digest=digest, sid=sid, now=clock.now(), expires_at=expires_at)


def rotate(work: Work, session_id: str, digest: str, repeat: str | None) -> None:
    """Give the session a new cookie digest; `repeat` marks the answer that caused it."""
    work.run(_ROTATE, id=session_id, digest=digest, repeat=repeat, now=clock.now())


def forget_answer(work: Work, session_id: str) -> None:
    """Recognise the answer that caused the last rotation no more."""
    work.run(_FORGET_ANSWER, id=session_id)


def mark_seen(work: Work, session_id: str) -> None:
    """Note that the session is in use."""
    now = clock.now()
    work.at_last(_SEEN, id=session_id, now=now, at=now)


def hold(work: Work, session_id: str) -> tuple[str | None, str] | None:
    """Return the person and the `sid` that a live session has now, until the commit.

    What a request read at its beginning, another may have changed since.
    """
    return next(iter(work.all(_HOLD, id=session_id)), None)


def sign_in(work: Work, session_id: str, person_id: str, sid: str, expires_at: int) -> None:
    """Make it this person's session, from now: proofs of anyone before are dropped."""
    work.run(_DROP_PROOFS, id=session_id)
    now = clock.now()
    work.run(_SIGN_IN, id=session_id, person_id=person_id, sid=sid, now=now, expires_at=expires_at)


def describe(work: Work, session_id: str, label: str | None, source: str | None) -> None:
    """Note the kind of browser, in words, and the network address of the sign-in."""
    work.later(_DESCRIBE, id=session_id, label=label, source=source)


def extend(work: Work, session_id: str, expires_at: int) -> None:
    """Re-authentication resets the absolute limit (SP 800-63B-4 5.2)."""
    work.run(_EXTEND, id=session_id, now=clock.now(), expires_at=expires_at)


def end(work: Work, session_id: str) -> str | None:
    """End one session and return its `sid`; None when it had ended."""
    return next(iter(work.column(_END, id=session_id, now=clock.now())), None)


def end_all(work: Work, person_id: str, spared: str = "") -> list[tuple[str, str]]:
    """End every session of a person but `spared`; open sign-ins in the others start over.

    Return id and `sid` of those that this very call has ended.
    """
    work.run(_DROP_OPEN, person_id=person_id, spared=spared)
    return work.all(_END_ALL, person_id=person_id, spared=spared, now=clock.now())


def end_resting_on(
    work: Work, person_id: str, method: str, spared: str = "", credential: str = ""
) -> list[tuple[str, str]]:
    """End the sessions that rest on a factor which was removed (docs/acr.md rule 14).

    A method, or one `credential` of it. Return id and `sid` of those that this very call has ended.
    The session `spared` lives on.
    """
    one = bool(credential)
    values = {"person_id": person_id, "method": method}
    values |= {"credential": credential} if one else {}
    return work.all(_END_RESTING[one], **values, spared=spared, now=clock.now())


def lose(work: Work, person_id: str, method: str, session_id: str, credential: str = "") -> None:
    """Take away what was proved in a session with a factor that is gone."""
    one = bool(credential)
    values = {"id": session_id, "person_id": person_id, "method": method}
    values |= {"credential": credential} if one else {}
    work.run(_DROP_METHOD[one], **values)


def drop_unfinished(work: Work, person_id: str, method: str, credential: str = "") -> None:
    """Forget proofs by a factor in sign-ins that are still open: what they rest on is gone."""
    one = bool(credential)
    values = {"person_id": person_id, "method": method}
    values |= {"credential": credential} if one else {}
    work.run(_DROP_UNFINISHED[one], **values)


@dataclass(frozen=True)
class OpenSession:
    """A browser in which the person is signed in."""

    id: str
    sid: str
    label: str | None
    """What kind of browser it is, in words."""
    source: str | None
    """The network address that the sign-in came from."""
    created_at: int
    seen_at: int


_OPEN = reader(OpenSession, Session)
_SESSIONS = Statement(
    f"SELECT {_OPEN.columns} FROM session WHERE person_id = :person_id"
    " AND ended_at IS NULL AND expires_at > :now AND seen_at > :idle_since ORDER BY seen_at DESC"
)


def sessions(work: Work, person_id: str, idle: int) -> list[OpenSession]:
    """Return the sessions used in the last `idle` seconds, the last used first."""
    now = clock.now()
    return _OPEN.all(work.all(_SESSIONS, person_id=person_id, now=now, idle_since=now - idle))
