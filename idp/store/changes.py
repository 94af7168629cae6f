"""What was changed lately of how people are reached and sign in: for anyone who denies it.

A row is written in the transaction of the change. It holds the former address, which no event does
(those have masked values), and is deleted when no link in a message can ask for it any more. It
never decides what is taken back (`policy.undoing`).
"""

from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import AccountChange
from idp.store.rows import reader

KEPT = 7 * 86400
"""Seconds for which a change is remembered: as long as the links in notices live."""
EMAIL, PHONE = "email", "phone"
ADDED, REPLACED, REMOVED, CODES = "added", "replaced", "removed", "codes"
"""A way to sign in; `CODES` are recovery codes that were made."""


@dataclass(frozen=True)
class ChangeRow:
    """One change. `own`: by the person, or by someone who got in as that person."""

    at: int
    what: str
    own: bool
    method: str | None = None
    credential_id: str | None = None
    old: str | None = None
    """The former address or number; None where it was never confirmed."""
    new: str | None = None


_ROW = reader(ChangeRow, AccountChange)
_ADD = Statement(
    "INSERT INTO account_change (person_id, at, what, own, method, credential_id, old, new)"
    " VALUES (:person_id, :now, :what, :own, :method, :credential_id, :old, :new)"
)
_LATELY = Statement(
    f"SELECT {_ROW.columns} FROM account_change"
    " WHERE person_id = :person_id AND at > :since ORDER BY id"
)


def note(
    work: Work,
    person_id: str,
    what: str,
    *,
    own: bool = True,
    method: str | None = None,
    credential_id: str | None = None,
    old: str | None = None,
    new: str | None = None,
) -> None:
    """Remember a change."""
    work.run(
        _ADD,
        person_id=person_id,
        now=clock.now(),
        what=what,
        own=own,
        method=method,
        credential_id=credential_id,
        old=old,
        new=new,
    )


def lately(work: Work, person_id: str) -> list[ChangeRow]:
    """Return the changes of the last seven days, in the order in which they were made."""
    return _ROW.all(work.all(_LATELY, person_id=person_id, since=clock.now() - KEPT))


def mailboxes(changes: list[ChangeRow]) -> list[ChangeRow]:
    """Return the person's own changes of address that an earlier mailbox can take back.

    An operator's change stops it: anyone who left a mailbox that someone else reads asked for one.
    """
    found: list[ChangeRow] = []
    for change in changes:
        if change.what == EMAIL:
            found = [*found, change] if change.own else []
    return [change for change in found if change.old is not None]
