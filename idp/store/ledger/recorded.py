"""The events that have a leaf of their own, as they stand in the trail now."""

from dataclasses import dataclass
from typing import Any

from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.service import Event

PAGE = 1_000
_COLUMNS = [c.name for c in Event.__table__.columns if c.name not in ("id", "counted")]
# Whatever decides has a salt.
_NEXT = Statement(
    f"SELECT id, {', '.join(_COLUMNS)} FROM event WHERE salt IS NOT NULL AND id > :after"
    " ORDER BY id LIMIT :most"
)


@dataclass(frozen=True)
class Recorded:
    """An event; `values` are those that its leaf has the digest of."""

    id: int
    values: dict[str, Any]


def after(work: Work, event_id: int) -> list[Recorded]:
    """Return some events behind one, in the order of their numbers."""
    rows = work.all(_NEXT, after=event_id, most=PAGE)
    return [Recorded(row[0], dict(zip(_COLUMNS, row[1:], strict=True))) for row in rows]
