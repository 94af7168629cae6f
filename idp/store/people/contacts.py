"""Where a person is reached: changes of address and number, each from the value that was read."""

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
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

_HOLD_PHONE = Statement("UPDATE person SET phone = phone WHERE id = :id AND phone = :phone")
_VERIFY_EMAIL = Statement(
    "UPDATE person SET email_verified = :yes WHERE id = :id AND email = :email"
)
_VERIFY_PHONE = Statement(
    "UPDATE person SET phone_verified = :yes WHERE id = :id AND phone = :phone"
)
_OTHERS = Statement(
    "SELECT count(*) FROM person o WHERE o.id <> :id AND (o.email = :place OR o.phone = :number)"
)


def of_others(work: Work, person_id: str, place: str) -> bool:
    """Return True if an address or number stands on the profile of someone else."""
    return bool(work.value(_OTHERS, id=person_id, place=place, number=place))


def set_email(work: Work, person: PersonRow, address: str, verified: bool) -> bool:
    """Give a person another address, in its normal form.

    False when it is someone else's, or when the person's own is already another one.
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
    """Give a person another number, in E.164, or none; False when it is already another one."""
    old, now = person.phone or "", clock.now()
    values = {"id": person.id, "old": old, "new": number, "verified": verified, "now": now}
    return work.run(_PHONE, **values) == 1


def hold_phone(work: Work, person_id: str, phone: str) -> bool:
    """Keep the number on the profile as it is until the commit; False when it is another one."""
    return work.run(_HOLD_PHONE, id=person_id, phone=phone) == 1


def mark_email_verified(work: Work, person_id: str, email: str) -> None:
    """The address was proved to be in this person's hands, unless it is already another one."""
    work.run(_VERIFY_EMAIL, id=person_id, email=email, yes=True)


def mark_phone_verified(work: Work, person_id: str, phone: str) -> None:
    """The number was proved to be in this person's hands, unless it is already another one."""
    work.run(_VERIFY_PHONE, id=person_id, phone=phone, yes=True)
