"""Pairwise subjects: what the clients of one sector call a person (OIDC Core 8.1)."""

from idp.crypto import random_token
from idp.store.db import Work
from idp.store.db.statements import Statement

_FIND = Statement("SELECT subject FROM pairwise WHERE sector = :sector AND person_id = :person_id")
_ADD = Statement(
    "INSERT INTO pairwise (sector, person_id, subject) VALUES (:sector, :person_id, :subject)"
    " ON CONFLICT DO NOTHING"
)
_PERSON = Statement("SELECT person_id FROM pairwise WHERE sector = :sector AND subject = :subject")


def pairwise(work: Work, sector: str, person_id: str) -> str:
    """Return the person's subject in a sector; drawn at the first call and never changed."""
    found = known(work, sector, person_id)
    if found is None:
        work.run(_ADD, sector=sector, person_id=person_id, subject=random_token(16))
        found = known(work, sector, person_id)
    assert found is not None
    return found


def known(work: Work, sector: str, person_id: str) -> str | None:
    """Return the person's subject in a sector; None while none was drawn."""
    found = work.value(_FIND, sector=sector, person_id=person_id)
    return None if found is None else str(found)


def person(work: Work, sector: str, subject: str) -> str | None:
    """Return whom a subject of a sector names."""
    found = work.value(_PERSON, sector=sector, subject=subject)
    return None if found is None else str(found)
