"""Recovery codes: keyed digests, each used once; a new set takes the place of the old one."""

from collections.abc import Iterable

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement

_ADD = Statement(
    "INSERT INTO recovery_code (digest, person_id, created_at) VALUES (:digest, :person_id, :now)"
)
_DROP = Statement("DELETE FROM recovery_code WHERE person_id = :person_id")
_CLAIM = Statement(
    "UPDATE recovery_code SET used_at = :now WHERE digest = :digest AND person_id = :person_id"
    " AND used_at IS NULL"
)
_LEFT = Statement(
    "SELECT count(*) FROM recovery_code WHERE person_id = :person_id AND used_at IS NULL"
)


def replace(work: Work, person_id: str, digests: Iterable[str]) -> None:
    """Store a new set; every code of an earlier one is dead."""
    work.run(_DROP, person_id=person_id)
    now = clock.now()
    for digest in digests:
        work.run(_ADD, digest=digest, person_id=person_id, now=now)


def claim(work: Work, person_id: str, digest: str) -> bool:
    """Use a code: True for exactly one caller."""
    return work.run(_CLAIM, person_id=person_id, digest=digest, now=clock.now()) == 1


def left(work: Work, person_id: str) -> int:
    """Return how many codes a person can still use."""
    return int(work.value(_LEFT, person_id=person_id))
