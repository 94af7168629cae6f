"""Links in messages: made, read and used. What one does when it is used is decided elsewhere.

The token is random and stands in the message alone; the database has its digest. The address is
made from the issuer, never from a request (a Host header must not choose where a link leads). A
link that opens an account is bound to the address it was sent to, and dies when that changes.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from idp import crypto
from idp.store.db import Work
from idp.store.messages import links
from idp.store.messages.links import LinkRow
from idp.store.people import PersonRow

HOUR = 3600
DAY = 86400
LONGEST = 64
"""Characters; nothing longer is looked up."""
_SENT_TO = "sent_to"
CLIENT = "client"
"""In a link's data: the application that it leads back to in the end."""


class Purpose(StrEnum):
    """What a link is for."""

    RESET = "reset"
    INVITATION = "invitation"
    ENROL = "enrol"
    CONFIRM = "confirm"
    CODE_DENIED = "code-denied"
    NOTICE_DENIED = "notice-denied"
    ANSWER = "answer"


@dataclass(frozen=True)
class Kind:
    """The form of the links of one purpose; `size` in random bytes, `lifetime` in seconds."""

    path: str
    size: int
    lifetime: int


KINDS = {
    Purpose.RESET: Kind("/l/", 32, 1800),
    Purpose.INVITATION: Kind("/l/", 32, 7 * DAY),
    Purpose.ENROL: Kind("/e/", 32, DAY),
    Purpose.CONFIRM: Kind("/c/", 32, 7 * DAY),
    # Short, so that a text message with one stays one segment: 128 bits (ASVS 7.2.3).
    Purpose.CODE_DENIED: Kind("/n/", 16, DAY),
    Purpose.NOTICE_DENIED: Kind("/n/", 16, 7 * DAY),
    # Never longer than the question that it leads to, which can be answered once.
    Purpose.ANSWER: Kind("/a/", 16, 900),
}


def make(
    work: Work,
    issuer: str,
    purpose: Purpose,
    person_id: str,
    *,
    sent_to: str | None = None,
    data: dict[str, Any] | None = None,
) -> str:
    """Store a new link and return its absolute address, for one message and nothing else.

    `sent_to` binds it to the person's mail address; `data` holds no secret.
    """
    kind = KINDS[purpose]
    token = crypto.random_token(kind.size)
    about = dict(data or {})
    if sent_to is not None:
        about[_SENT_TO] = crypto.digest(sent_to)
    links.add(
        work,
        digest=crypto.digest(token),
        purpose=purpose.value,
        person_id=person_id,
        data=about,
        lifetime=kind.lifetime,
    )
    return issuer.rstrip("/") + kind.path + token


def read(work: Work, token: str, *purposes: Purpose) -> LinkRow | None:
    """Return the link of a token if it is for one of `purposes`, unused, and in time."""
    if not token.isascii() or len(token) > LONGEST:
        return None
    found = links.find(work, crypto.digest(token))
    return found if found is not None and found.purpose in purposes else None


def client_of(work: Work, digest: str) -> str | None:
    """Return the application that a link was asked for from, by the digest of its token.

    None while the link works: then the page that it opens says where the way leads.
    """
    readable = len(digest) <= LONGEST and digest.isascii() and digest.isprintable()
    found = links.data_of_over(work, digest) if readable else None
    client = (found or {}).get(CLIENT)
    return str(client) if client else None


def read_used(work: Work, token: str, *purposes: Purpose) -> LinkRow | None:
    """Return the link of a token that was used: what came of it stands in its data."""
    if not token.isascii() or len(token) > LONGEST:
        return None
    found = links.find(work, crypto.digest(token), used=True)
    return found if found is not None and found.purpose in purposes else None


def reaches(link: LinkRow, person: PersonRow) -> bool:
    """Return True if the link was sent to the address that the person has today."""
    return link.data.get(_SENT_TO) is None or went_to(link, person.email)


def went_to(link: LinkRow, address: str) -> bool:
    """Return True if the link was sent to `address`: anyone who uses it reads that mailbox."""
    bound = link.data.get(_SENT_TO)
    return bound is not None and crypto.same(str(bound), crypto.digest(address))


def use(work: Work, link: LinkRow) -> bool:
    """Use a link: True for exactly one caller."""
    return links.claim(work, link.digest)


def void(work: Work, person_id: str, *purposes: Purpose) -> None:
    """Let no unused link of these purposes work any more."""
    for purpose in purposes:
        links.void(work, person_id, purpose.value)
