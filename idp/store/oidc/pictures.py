"""Pictures that operators uploaded: each is called by its digest, and never changes."""

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement

_ADD = Statement(
    "INSERT INTO picture (digest, content, created_at) VALUES (:digest, :content, :now)"
    # Uploaded again, it is young again: it is not cleaned away before it is named.
    " ON CONFLICT (digest) DO UPDATE SET created_at = :again"
)
_FIND = Statement("SELECT content FROM picture WHERE digest = :digest")


def add(work: Work, digest: str, content: bytes) -> None:
    """Keep a picture; one that no application names is deleted after a day."""
    now = clock.now()
    work.run(_ADD, digest=digest, content=content, now=now, again=now)


def find(work: Work, digest: str) -> bytes | None:
    """Return the picture of this digest."""
    found = work.one(_FIND, digest=digest)
    return None if found is None else bytes(found[0])
