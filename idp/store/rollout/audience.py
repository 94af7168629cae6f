"""Everyone as the rollout sees them: type, groups and roles, read in pages by key."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import Person
from idp.store.rows import Piece, reader

PAGE = 5000


@dataclass(frozen=True)
class MemberRow:
    """What of a person decides which stages reach them."""

    id: str
    user_type: str
    roles: frozenset[str]
    groups: tuple[str, ...]


_ROW = reader(
    MemberRow, Person, groups=Piece(Person.member_of, lambda text: tuple(json.loads(text)))
)
_PAGE = Statement(
    f"SELECT {_ROW.columns} FROM person WHERE id > :after AND disabled_at IS NULL"
    f" AND id {HIDDEN} ORDER BY id LIMIT :limit"
)


def members(work: Work) -> Iterator[MemberRow]:
    """Return everyone whose account is not switched off."""
    after = ""
    while page := _ROW.all(work.all(_PAGE, after=after, limit=PAGE)):
        yield from page
        after = page[-1].id
