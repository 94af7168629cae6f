"""Links by which someone confirms an e-mail address that an operator has written down.

Owns who gets such a link, and what using it does: the address counts as confirmed, and nothing
else. It signs no one in, and is bound to the address that it was sent to.
"""

from idp import audit, language
from idp.audit import Event
from idp.authenticators.base import Rejected
from idp.messages import Post, links
from idp.messages.links import Purpose
from idp.settings.values import Settings
from idp.store import people
from idp.store.db import Work
from idp.store.messages.links import LinkRow
from idp.store.people import PersonRow, contacts

KIND = "confirm-link"


def send(work: Work, post: Post, settings: Settings, person: PersonRow) -> str | Rejected:
    """Mail the link in the place of all earlier ones; return the outbox id, or why there is none.

    The caller has locked the person.
    """
    if not post.available("mail"):
        return Rejected("mail is off", "mail is off: set mail.backend to send links")
    if person.disabled_at is not None:
        return Rejected("switched off", "the account is switched off")
    if person.email_verified:
        return Rejected("confirmed", "the address is confirmed already")
    links.void(work, person.id, Purpose.CONFIRM)
    audit.record(work, Event.CONFIRMATION_SENT, person=person.id)
    lifetime, issuer = links.KINDS[Purpose.CONFIRM].lifetime, settings.server.issuer
    values: dict[str, object] = {
        "brand": settings.brand.name,
        "name": person.name,
        "link": links.make(work, issuer, Purpose.CONFIRM, person.id, sent_to=person.email),
        "link_days": lifetime // links.DAY,
        **settings.brand.support,
    }
    with language.speaking(language.first_known([person.locale], settings.brand.language)):
        return post.enqueue(
            work, channel="mail", kind=KIND, to=person.email, values=values, lifetime=lifetime
        )


def opened(work: Work, token: str) -> tuple[LinkRow, PersonRow] | None:
    """Return a link that works, and whose it is."""
    link = links.read(work, token, Purpose.CONFIRM)
    person = people.by_id(work, link.person_id) if link else None
    if link is None or person is None or person.disabled_at is not None:
        return None
    return (link, person) if links.reaches(link, person) else None


def use(work: Work, link: LinkRow, person: PersonRow) -> bool:
    """Confirm the address: True for exactly one caller."""
    people.lock_person(work, person.id)
    if not links.use(work, link):
        return False
    contacts.mark_email_verified(work, person.id, person.email)
    audit.record(
        work, Event.ADDRESS_CONFIRMED, person=person.id, reason="email, by a link in a mail"
    )
    return True
