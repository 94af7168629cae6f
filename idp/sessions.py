"""The browser session: opened, rotated at every proof, read, ended. Owns the cookie's meaning.

A session is a row; the cookie is a random value whose digest the row holds. It never decides what
a session is worth (`policy`), and never sets a header (`web`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from idp import audit, clock, crypto
from idp.policy.types import Proof
from idp.settings import SessionLimits
from idp.store import authorizations, sessions
from idp.store.db import Work
from idp.store.sessions import SessionRow

SEEN_EVERY = 60
"""Seconds between two notes that a session is in use: a read stays a read."""
REPEAT_WITHIN = 30
"""Seconds in which the very same answer, sent twice, counts as one submission."""


@dataclass(frozen=True)
class Opened:
    """A new cookie value for the browser, and the session it opens."""

    cookie: str
    session: SessionRow


def read(work: Work, cookie: str, limits: SessionLimits) -> SessionRow | None:
    """Return the live session of a cookie.

    A cookie that was replaced moments ago finds its session marked `stale`: it opens nothing, but
    lets a form that was sent twice be recognised (see `same_submission`).
    """
    if not cookie or len(cookie) > 128:
        return None
    digest = crypto.digest(cookie)
    session = sessions.find(work, digest, limits.idle)
    if session is None:
        session = sessions.find_stale(work, digest, REPEAT_WITHIN)
    elif session.person_id and clock.now() - session.seen_at >= SEEN_EVERY:
        sessions.mark_seen(work, session.id)
    return replace(session, cookie=cookie) if session else None


def begin(work: Work, limits: SessionLimits) -> Opened:
    """Open a session that belongs to nobody yet: it binds an interaction to a browser."""
    cookie, session_id, sid = (crypto.random_token(size) for size in (32, 16, 16))
    now = clock.now()
    expires_at = now + limits.absolute
    sessions.add(
        work, session_id=session_id, digest=crypto.digest(cookie), sid=sid, expires_at=expires_at
    )
    row = SessionRow(session_id, sid, None, now, now, expires_at, now, None, stale=False)
    return Opened(cookie, row)


def answer_digest(
    session: SessionRow, interaction_id: str, method: str, form: Mapping[str, str]
) -> str:
    """Return what marks one submission from this browser.

    A form may hold a password, so the mark is bound to the cookie that came with it: that cookie is
    kept nowhere, and without it nobody can test passwords against the mark.
    """
    fields = sorted((name, value) for name, value in form.items() if name != "csrf_token")
    flat = [part for pair in fields for part in pair]
    return crypto.bound_digest(session.cookie, interaction_id, method, *flat)


def rotate(work: Work, session: SessionRow, answer: str) -> str:
    """Return a new cookie value; the old one is dead (ASVS 7.2.4).

    `answer` marks the submission that caused the rotation (`answer_digest`).
    """
    cookie = crypto.random_token(32)
    sessions.rotate(work, session.id, crypto.digest(cookie), answer)
    return cookie


def same_submission(session: SessionRow, answer: str) -> bool:
    """Say whether a stale cookie brings again the very answer that replaced it (a double click)."""
    return (
        session.stale
        and session.repeat_digest is not None
        and crypto.same(session.repeat_digest, answer)
    )


def forget_answer(work: Work, session: SessionRow) -> None:
    """A stale cookie brought another answer: it might be a guess, so there is no second one."""
    sessions.forget_answer(work, session.id)


def sign_in(
    work: Work,
    session: SessionRow,
    person_id: str,
    interaction_id: str,
    proofs: tuple[Proof, ...],
    limits: SessionLimits,
) -> str:
    """Let the session be `person_id`'s, with the proofs of a finished interaction; return `sid`."""
    sid = session.sid
    expires_at = clock.now() + limits.absolute
    if session.person_id != person_id:
        if session.person_id is not None:
            authorizations.revoke_session(work, session.id)
        sid = crypto.random_token(16)
        sessions.sign_in(work, session.id, person_id, sid, expires_at)
    elif any(proof.first for proof in proofs):
        sessions.extend(work, session.id, expires_at)
    sessions.adopt(work, session.id, interaction_id, person_id)
    return sid


def end(work: Work, session: SessionRow, reason: str) -> None:
    """End the session and what was authorized in it."""
    if sessions.end(work, session.id):
        authorizations.revoke_session(work, session.id)
        audit.record(
            work,
            audit.Event.SESSION_ENDED,
            person=session.person_id,
            sid=session.sid,
            reason=reason,
        )


def end_person(work: Work, person_id: str, reason: str) -> None:
    """End every session of a person and everything authorized by that person."""
    count = sessions.end_all(work, person_id)
    authorizations.revoke_person(work, person_id)
    audit.record(work, audit.Event.SESSION_ENDED, person=person_id, reason=reason, sessions=count)
