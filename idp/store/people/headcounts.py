"""How many people are of each user type, in each group, and in a role of Acrux itself."""

from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement

_TYPES = Statement(
    f"SELECT user_type, count(*) FROM person WHERE id {HIDDEN}"
    " GROUP BY user_type ORDER BY user_type"
)
_EACH = {
    "sqlite": "json_each(p.member_of) g",
    "postgresql": "json_array_elements_text(CAST(p.member_of AS json)) g(value)",
}
_GROUPS = {
    name: Statement(
        f"SELECT g.value, count(*) FROM person p, {each} WHERE p.id {HIDDEN}"
        " GROUP BY g.value ORDER BY g.value"
    )
    for name, each in _EACH.items()
}
_OTHERS = Statement(
    "SELECT count(*) FROM person WHERE ' ' || roles || ' ' LIKE '% ' || :role || ' %'"
    " AND disabled_at IS NULL AND id <> :person_id"
)


def types(work: Work) -> dict[str, int]:
    """Return the number of people of each user type that somebody has."""
    return dict(work.all(_TYPES))


def groups(work: Work) -> dict[str, int]:
    """Return the number of people in each group that somebody is in."""
    return dict(work.all(_GROUPS[work.engine.dialect.name]))


def others_with(work: Work, role: str, person_id: str) -> int:
    """Return how many people but this one have a role of Acrux itself and are not switched off."""
    found: int = work.value(_OTHERS, role=role, person_id=person_id)
    return found
