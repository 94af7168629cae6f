"""What the password hashes of this database take to check: a few parameters, no secret."""

from idp.store.db import Work
from idp.store.db.statements import Statement

# One step of an index for each different cost, however many people there are.
_ALL = Statement(
    "SELECT c FROM (WITH RECURSIVE found(c) AS (SELECT MIN(cost) FROM credential"
    " UNION ALL SELECT (SELECT MIN(cost) FROM credential WHERE cost > found.c) FROM found"
    " WHERE found.c IS NOT NULL) SELECT c FROM found) AS known WHERE c IS NOT NULL"
)
_NOTE = Statement("UPDATE credential SET cost = :cost WHERE id = :id")
_UNKNOWN = Statement(
    "SELECT id, secret FROM credential WHERE method = :method AND cost IS NULL LIMIT :limit"
)


def known(work: Work) -> list[str]:
    """Return each cost that some hash has."""
    return work.column(_ALL)


def note(work: Work, credential_id: str, cost: str) -> None:
    """Remember what the hash of a credential takes."""
    work.run(_NOTE, id=credential_id, cost=cost)


def unknown(work: Work, method: str, limit: int) -> list[tuple[str, bytes]]:
    """Return some hashes, sealed, whose cost no one has looked at."""
    rows = work.all(_UNKNOWN, method=method, limit=limit)
    return [(credential_id, bytes(secret)) for credential_id, secret in rows]
