"""The browser session: opened, rotated at every proof, read, ended. Owns the cookie's meaning.

A session is a row; the cookie is a random value whose digest the row holds. Whatever ends one
leaves a message for each application that was signed in to in it (OIDC Back-Channel Logout 1.0), in
the same transaction. It never decides what a session is worth (`policy`), never sets a header
(`web`), and never writes or sends those messages (`idp.oidc.logout.back_channel`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from idp import audit, clock, crypto
from idp.policy.types import Proof
from idp.settings.values import SessionLimits
from idp.store import people
from idp.store.db import Work
from idp.store.messages import outbox
from idp.store.oidc import authorizations, logouts
from idp.store.signin import devices, interactions, sessions
from idp.store.signin import proofs as proof_store
from idp.store.signin.sessions import SessionRow

SEEN_EVERY = 60
"""Seconds between two notes that a session is in use: a read stays a read."""
REPEAT_WITHIN = 30
"""Seconds in which the very same answer, sent twice, counts as one submission."""
LOGOUT_CHANNEL = "logout"
LOGOUT_LIFETIME = 3600
"""Seconds for which it is worth telling an application that a session has ended."""


@dataclass(frozen=True)
class Opened:
    """A new cookie value for the browser, and the session it opens."""

    cookie: str
    session: SessionRow


def read(
    work: Work, cookie: str, limits: SessionLimits, *, with_owner: bool = False
) -> SessionRow | None:
    """Return the live session of a cookie, `with_owner` together with its person.

    A cookie that was replaced moments ago finds its session marked `stale`: it opens nothing, but
    lets a form that was sent twice be recognised (see `same_submission`).
    """
    if not cookie or len(cookie) > 128:
        return None
    digest = crypto.digest(cookie)
    find = sessions.find_with_owner if with_owner else sessions.find
    session = find(work, digest, limits.idle)
    if session is None:
        session = sessions.find_stale(work, digest, REPEAT_WITHIN)
    elif session.person_id and clock.now() - session.seen_at >= SEEN_EVERY:
        sessions.mark_seen(work, session.id)
    return replace(session, cookie=cookie) if session else None


def begin(work: Work, limits: SessionLimits) -> Opened:
    """Open a session that belongs to no one yet: it binds an interaction to a browser."""
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
    kept nowhere, and without it no one can test passwords against the mark.
    """
    fields = sorted((name, value) for name, value in form.items() if name != "csrf_token")
    flat = [part for pair in fields for part in pair]
    return crypto.bound_digest(session.cookie, interaction_id, method, *flat)


def rotate(work: Work, session: SessionRow, answer: str | None = None) -> str:
    """Return a new cookie value; the old one is dead (ASVS 7.2.4).

    `answer` marks the submission that caused the rotation (`answer_digest`), where a copy of it is
    to be recognised.
    """
    cookie = crypto.random_token(32)
    sessions.rotate(work, session.id, crypto.digest(cookie), answer)
    return cookie


def same_submission(session: SessionRow, answer: str) -> bool:
    """Return True if a stale cookie repeats the very answer that replaced it (a double click)."""
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
    owner, sid = session.person_id, session.sid
    expires_at = clock.now() + limits.absolute
    if owner != person_id:
        owner, sid = sessions.hold(work, session.id) or (None, sid)
    if owner != person_id:
        if owner is not None:
            _leave(work, session.id, owner, sid)
        sid = crypto.random_token(16)
        sessions.sign_in(work, session.id, person_id, sid, expires_at)
    elif any(proof.first for proof in proofs):
        sessions.extend(work, session.id, expires_at)
    proof_store.adopt(work, session.id, interaction_id, person_id)
    return sid


def _leave(work: Work, session_id: str, person_id: str, sid: str) -> None:
    """Part with whoever the browser belonged to until now: someone else has signed in."""
    authorizations.revoke_session(work, session_id)
    _tell(work, session_id, sid)
    audit.record(
        work,
        audit.Event.SESSION_ENDED,
        person=person_id,
        sid=sid,
        reason="somebody else signed in in the same browser",
    )


def end(work: Work, session: SessionRow, reason: str) -> None:
    """End the session and what was authorized in it; tell its applications."""
    sid = sessions.end(work, session.id)
    if sid is not None:
        authorizations.revoke_session(work, session.id)
        _tell(work, session.id, sid)
        audit.record(
            work, audit.Event.SESSION_ENDED, person=session.person_id, sid=sid, reason=reason
        )


def end_one(work: Work, person_id: str, session_id: str, reason: str) -> bool:
    """End one session of a person as signing out in it does; False when it is not theirs, or over.

    Offline access that was granted in it stays.
    """
    people.lock_person(work, person_id)
    held = sessions.hold(work, session_id)
    if held is None or held[0] != person_id:
        return False
    sid = sessions.end(work, session_id)
    if sid is None:
        return False
    authorizations.revoke_session(work, session_id)
    _tell(work, session_id, sid)
    audit.record(work, audit.Event.SESSION_ENDED, person=person_id, sid=sid, reason=reason)
    return True


def end_person(work: Work, person_id: str, reason: str, spared: str = "") -> int:
    """End every session of a person and everything authorized by that person, offline access too.

    Sign-ins that are open begin again, whatever was confirmed in them; no browser has guesses of
    its own any more. The applications are told. The session `spared` goes on, with what was
    authorized and what is under way in it: all that others hold ends, and this browser keeps its
    guesses. Return how many sessions ended.
    """
    people.lock_person(work, person_id)
    ended = sessions.end_all(work, person_id, spared)
    interactions.begin_anew(work, person_id, spared)
    authorizations.revoke_person(work, person_id, spared)
    devices.end_allowances(work, person_id, work.caller.marks if spared else ())
    for session_id, sid in ended:
        _tell(work, session_id, sid)
    audit.record(
        work,
        audit.Event.SESSION_ENDED,
        person=person_id,
        reason=reason,
        sessions=len(ended),
        # Which, where one goes on: all others are told of these alone.
        sids=[sid for _, sid in ended] if spared else None,
    )
    return len(ended)


@dataclass(frozen=True)
class Ended:
    """What ended with a factor: sessions, by the `sid` of each, and how many authorizations."""

    sids: tuple[str, ...] = ()
    authorizations: int = 0

    def __add__(self, more: "Ended") -> "Ended":
        return Ended((*self.sids, *more.sids), self.authorizations + more.authorizations)


def end_resting_on(
    work: Work, person_id: str, method: str, spared: str = "", credential: str = ""
) -> Ended:
    """End the sessions and authorizations that rest on a factor which is gone.

    Offline access too (docs/acr.md rule 14). What was proved with it in sign-ins that are open
    counts no more. It is one `credential` of a method, or all of them; the session `spared` does
    not end: it loses what was proved with it there. The applications are told. Return what ended;
    the caller records why.
    """
    people.lock_person(work, person_id)
    ended = sessions.end_resting_on(work, person_id, method, spared, credential)
    # Before the proofs of the spared session go: they tell what rests on the credential.
    revoked = authorizations.revoke_resting_on(work, person_id, method, credential)
    if spared:
        sessions.lose(work, person_id, method, spared, credential)
    sessions.drop_unfinished(work, person_id, method, credential)
    for session_id, sid in ended:
        _tell(work, session_id, sid)
    return Ended(tuple(sid for _, sid in ended), revoked)


def _tell(work: Work, session_id: str, sid: str) -> None:
    """Leave one message for each application of a session that ends, however often it is ended.

    No one is told of one that merely expires: relying parties have limits of their own.
    """
    for client_id, authorization_id in logouts.by_back_channel(work, session_id, sid):
        outbox.add_about(
            work,
            crypto.digest(f"{LOGOUT_CHANNEL} {sid} {client_id}"),
            channel=LOGOUT_CHANNEL,
            kind="back-channel",
            about=authorization_id,
            lifetime=LOGOUT_LIFETIME,
        )
