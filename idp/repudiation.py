"""'This was not me': what follows when a person denies a sign-in or a change.

The link stands in every code message and every notice. Using it is harmless: at worst the person
signs in again and chooses a new password; so it needs no sign-in of its own.
"""

from idp import audit, links, notices, sessions
from idp.audit import Event
from idp.contacts import RESTORE, Contacts
from idp.links import Purpose
from idp.notices import Notice
from idp.notify import Post
from idp.settings import Settings
from idp.store import interactions, people
from idp.store.db import Work
from idp.store.links import LinkRow
from idp.store.people import PersonRow

DENYING = (Purpose.CODE_DENIED, Purpose.NOTICE_DENIED)
REASON = "the person said: this was not me"


def opened(work: Work, token: str) -> tuple[LinkRow, PersonRow] | None:
    """Return a link that works, and whose it is."""
    link = links.read(work, token, *DENYING)
    person = people.by_id(work, link.person_id) if link else None
    return (link, person) if link is not None and person is not None else None


def restores(link: LinkRow) -> bool:
    """Say whether using a link takes a change of address back."""
    return bool(link.data.get(RESTORE))


def spares(link: LinkRow) -> bool:
    """Say whether a link ends one sign-in alone.

    So does that of a code which was to confirm an address or number: whoever gets one by mistake
    is a stranger to the account.
    """
    return bool(link.data.get("wished"))


def deny(
    work: Work,
    post: Post,
    settings: Settings,
    contacts: Contacts,
    link: LinkRow,
    person: PersonRow,
) -> bool:
    """End what the person denies: True for exactly one caller.

    The sign-in that a code was sent for is refused, every session ends, a changed address is taken
    back, links to a new password or a new second step that somebody else may have asked for die,
    and a new password is demanded.
    """
    # Before all else, as every change of a person's: two at once must not wait for each other.
    people.lock_person(work, person.id)
    if not links.use(work, link):
        return False
    pending = link.data.get("interaction")
    if pending is not None:
        interactions.drop_challenges(work, str(pending))
        interactions.refuse(work, str(pending), "access_denied")
    audit.record(
        work,
        Event.SIGN_IN_DENIED,
        person=person.id,
        interaction=pending,
        reason="a code" if link.purpose == Purpose.CODE_DENIED else "a notice",
    )
    if not spares(link):
        _lock_down(work, post, settings, contacts, link, people.by_id(work, person.id) or person)
    return True


def _lock_down(
    work: Work,
    post: Post,
    settings: Settings,
    contacts: Contacts,
    link: LinkRow,
    person: PersonRow,
) -> None:
    links.void(work, person.id, Purpose.RESET, Purpose.ENROL)
    if contacts.restore(work, person, link, REASON):
        person = people.by_id(work, person.id) or person
    demanded = "password" in person.methods
    if demanded:
        people.demand_password(work, person.id, True)
        audit.record(work, Event.PASSWORD_DEMANDED, person=person.id, reason=REASON)
    sessions.end_person(work, person.id, REASON)
    notices.tell(work, post, settings, person, Notice.DENIED, demanded=demanded)
