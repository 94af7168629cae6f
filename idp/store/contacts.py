"""Where a person is reached: changes of address and number, each from the value that was read."""

from idp import clock
from idp.store.db import Statement, Work
from idp.store.people import PersonRow

_EMAIL = Statement(
    "UPDATE person SET email = :new, email_verified = :verified, updated_at = :now"
    " WHERE id = :id AND email = :old AND NOT EXISTS (SELECT 1 FROM person o WHERE o.id <> :own"
    " AND (o.email = :address OR o.username = :name))"
)
_PHONE = Statement(
    "UPDATE person SET phone = :new, phone_verified = :verified, updated_at = :now"
    " WHERE id = :id AND COALESCE(phone, '') = :old"
)
_CLAIM = Statement(
    "UPDATE interaction SET contact_confirmed_at = :now WHERE id = :id AND person_id = :person_id"
    " AND claimed_at IS NULL AND refused IS NULL AND contact_confirmed_at IS NULL"
)
_UNCLAIM = Statement("UPDATE interaction SET contact_confirmed_at = NULL WHERE id = :id")
_FORGET_CONFIRMED = Statement(
    "UPDATE interaction SET address_confirmed_at = NULL WHERE person_id = :person_id"
    " AND id <> :spared AND claimed_at IS NULL AND address_confirmed_at IS NOT NULL"
)


def set_email(work: Work, person: PersonRow, address: str, verified: bool) -> bool:
    """Give a person another address, in its normal form.

    False when it is somebody else's, or when the person's own is another one by now.
    """
    changed = work.unless_taken(
        _EMAIL,
        id=person.id,
        own=person.id,
        old=person.email,
        new=address,
        address=address,
        name=address,
        verified=verified,
        now=clock.now(),
    )
    return changed == 1


def set_phone(work: Work, person: PersonRow, number: str | None, verified: bool) -> bool:
    """Give a person another number, in E.164, or none; False when it is another one by now."""
    old, now = person.phone or "", clock.now()
    values = {"id": person.id, "old": old, "new": number, "verified": verified, "now": now}
    return work.run(_PHONE, **values) == 1


def claim(work: Work, interaction_id: str, person_id: str) -> bool:
    """Note that what is wished for was proved in a sign-in: True for exactly one caller."""
    values = {"id": interaction_id, "person_id": person_id}
    return work.run(_CLAIM, **values, now=clock.now()) == 1


def unclaim(work: Work, interaction_id: str) -> None:
    """What was claimed could not be done: the sign-in does not finish with it."""
    work.run(_UNCLAIM, id=interaction_id)


def forget_confirmed(work: Work, person_id: str, spared: str = "") -> None:
    """A code that came back from what stood on the profile counts in no open sign-in any more.

    But for `spared`, the sign-in in which the new one was proved.
    """
    work.run(_FORGET_CONFIRMED, person_id=person_id, spared=spared)
