"""Which applications have a host that a proxy guards."""

from idp.store.db import Work
from idp.store.db.statements import Statement

_GUARDED = Statement(
    """SELECT id FROM client WHERE data LIKE '%"forward_origin": "%' ORDER BY id"""
)


def client_ids(work: Work) -> list[str]:
    """Return the applications that may have one, by id: what they say of it decides."""
    return [row[0] for row in work.all(_GUARDED)]
