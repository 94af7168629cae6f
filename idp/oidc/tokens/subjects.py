"""What a client calls a person: `sub`, public or pairwise (OIDC Core 8)."""

from idp.oidc.clients.client import Client
from idp.store import people
from idp.store.db import Work
from idp.store.oidc import subjects


def subject_of(work: Work, client: Client, person_id: str) -> str:
    """Return the `sub` that `client` gets for a person; never another one later."""
    if client.sector is None:
        return person_id
    return subjects.pairwise(work, client.sector, person_id)


def person_of(work: Work, client: Client, subject: str) -> str | None:
    """Return the id of the person whom `client` calls `subject`; None when it is no one's."""
    if client.sector is not None:
        return subjects.person(work, client.sector, subject)
    found = people.by_id(work, subject)
    return found.id if found else None
