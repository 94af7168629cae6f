"""What follows when a way to sign in is gone: one place for anyone who removes one.

Ends all that rests on a credential (docs/acr.md rule 14) and forgets the failures of a method of
which nothing is left. It never asks whether something may be removed, and tells no one: callers do.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from idp import audit
from idp.audit import Event
from idp.signin import sessions
from idp.signin.sessions import Ended
from idp.signin.sign_in import SignIn
from idp.store import changes, recovery
from idp.store import credentials as credential_store
from idp.store.db import Work


@dataclass(frozen=True)
class Removed:
    """How many credentials went, and how many sessions and authorizations ended with them."""

    credentials: int
    sessions: int
    authorizations: int


def remove(
    work: Work, signin: SignIn, person_id: str, credential_id: str, by: str, spared: str = ""
) -> str | None:
    """Remove a credential and end what rests on it; return its method, None when it is gone.

    The session `spared` does not end: it loses what was proved with the credential, and what was
    authorized on it. The caller has locked the person (`people.lock_person`), and read after that.
    `by` says who did it, for the auditor.
    """
    method = next(
        (row.method for row in credential_store.of(work, person_id) if row.id == credential_id),
        None,
    )
    if method is None or not credential_store.remove(work, person_id, credential_id):
        return None
    ended = sessions.end_resting_on(work, person_id, method, spared, credential_id)
    if not credential_store.of(work, person_id, method):
        ended += _none_left(work, signin, person_id, method, spared)
    audit.record(
        work,
        Event.FACTOR_REMOVED,
        person=person_id,
        reason=f"{method}, {by}",
        credential=credential_id,
        sessions=len(ended.sids),
        authorizations=ended.authorizations,
        sids=ended.sids,
    )
    return method


def remove_all(
    work: Work,
    signin: SignIn,
    person_id: str,
    method: str,
    by: str,
    forgiven: Iterable[str] = (),
) -> Removed:
    """Remove every credential of a method, if there is any, and end what rests on the method.

    For operators: it is remembered as not the person's own doing. Failures at what else is
    `forgiven` are forgotten too. The caller has locked the person.
    """
    credentials = credential_store.remove_method(work, person_id, method)
    if credentials:
        changes.note(work, person_id, changes.REMOVED, own=False, method=method)
    ended = _none_left(work, signin, person_id, method)
    for what in forgiven:
        signin.admission.forget(work, what, person_id)
    audit.record(
        work,
        Event.FACTOR_REMOVED,
        person=person_id,
        reason=f"{method}, {by}",
        credentials=credentials,
        sessions=len(ended.sids),
        authorizations=ended.authorizations,
        sids=ended.sids,
    )
    return Removed(credentials, len(ended.sids), ended.authorizations)


def _none_left(work: Work, signin: SignIn, person_id: str, method: str, spared: str = "") -> Ended:
    """Nothing of the method is left: no token may go on resting on it, and no lock on it."""
    done = sessions.end_resting_on(work, person_id, method, spared)
    if method == "recovery":
        recovery.replace(work, person_id, ())
    for what in (method, f"enrol-{method}"):
        signin.admission.forget(work, what, person_id)
    return done
