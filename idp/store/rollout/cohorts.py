"""How many people are alike in what decides which stages reach them, and in what they have set up.

Counted by the database: a hundred thousand people are a few hundred rows.
"""

import json
from dataclasses import dataclass

from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.people import Person
from idp.store.rows import Piece, reader


@dataclass(frozen=True)
class CohortRow:
    """People of one user type, in the same groups, with the same roles and the same things set up.

    None of them is switched off.
    """

    user_type: str
    roles: frozenset[str]
    groups: tuple[str, ...]
    methods: frozenset[str]
    people: int


@dataclass(frozen=True)
class KindRow:
    """People of one user type and in the same groups."""

    user_type: str
    groups: tuple[str, ...]
    people: int


_GROUPS = Piece(Person.member_of, lambda text: tuple(json.loads(text)))
_ROW = reader(
    CohortRow,
    Person,
    groups=_GROUPS,
    methods=Piece("methods", lambda text: frozenset((text or "").split())),
    people=Piece("count(*)"),
)
_METHODS = {"sqlite": "group_concat(c.method, ' ')", "postgresql": "string_agg(c.method, ' ')"}
_ALL = {
    name: Statement(
        f"SELECT {_ROW.columns} FROM (SELECT p.user_type, p.roles, p.member_of, (SELECT {methods}"
        " FROM credential c WHERE c.person_id = p.id) AS methods FROM person p"
        f" WHERE p.disabled_at IS NULL AND p.id {HIDDEN}) alike"
        " GROUP BY user_type, roles, member_of, methods"
    )
    for name, methods in _METHODS.items()
}
_KIND = reader(KindRow, Person, groups=_GROUPS, people=Piece("count(*)"))
_KINDS = Statement(
    f"SELECT {_KIND.columns} FROM person WHERE disabled_at IS NULL AND id {HIDDEN}"
    " GROUP BY user_type, member_of"
)


def kinds(work: Work) -> list[KindRow]:
    """Return the combinations of user type and groups that there are."""
    return _KIND.all(work.all(_KINDS))


def everyone(work: Work) -> list[CohortRow]:
    """Return all cohorts. Two rows may differ in the order alone in which things were set up."""
    return _ROW.all(work.all(_ALL[work.engine.dialect.name]))
