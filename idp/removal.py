"""What follows when a way to sign in is gone: one place for whoever removes one.

Ends all that rests on a credential (ACR.md rule 10) and forgets the failures of a method of which
nothing is left. It never asks whether something may be removed, and tells nobody: callers do.
"""

from idp import audit, sessions
from idp.audit import Event
from idp.signin import SignIn
from idp.store import account, people, recovery
from idp.store.cleaning import drop_unfinished
from idp.store.db import Work


def remove(work: Work, signin: SignIn, person_id: str, credential_id: str, by: str) -> str | None:
    """Remove a credential and end what rests on it; return its method, None when it is gone.

    The caller holds the person (`people.lock_person`). `by` says who did it, for the auditor.
    """
    method = next(
        (row.method for row in people.credentials(work, person_id) if row.id == credential_id), None
    )
    if method is None or not account.remove(work, person_id, credential_id):
        return None
    resting = account.sessions_resting_on(work, person_id, credential_id)
    for session_id in resting:
        sessions.end_one(work, person_id, session_id, "it rested on a factor that was removed")
    account.drop_unfinished(work, person_id, credential_id)
    if not people.credentials(work, person_id, method):
        _last_of_its_kind(work, signin, person_id, method)
    audit.record(
        work,
        Event.FACTOR_REMOVED,
        person=person_id,
        reason=f"{method}, {by}",
        credential=credential_id,
        sessions=len(resting),
    )
    return method


def _last_of_its_kind(work: Work, signin: SignIn, person_id: str, method: str) -> None:
    """Nothing of the method is left: no token may go on resting on it, and no lock on it."""
    sessions.end_resting_on(work, person_id, method)
    drop_unfinished(work, person_id, method)
    if method == "recovery":
        recovery.replace(work, person_id, ())
    for what in (method, f"enrol-{method}"):
        signin.admission.forget(work, what, person_id)
