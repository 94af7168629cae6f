"""Which applications have a host that a proxy guards."""

from idp.store.db import Work
from idp.store.db.statements import Statement

MAY_HAVE = """data LIKE '%"forward_origin": "%'"""
_GUARDED = Statement(f"SELECT id FROM client WHERE {MAY_HAVE} ORDER BY id")


def client_ids(work: Work) -> list[str]:
    """Return the applications that may have one, by id: what they say of it decides."""
    return [row[0] for row in work.all(_GUARDED)]
