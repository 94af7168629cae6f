"""A user type or a group gets another name with everyone who has it, in a few statements.

Each row has its tag, so that each is read, looked at and written; not one by one, or a hundred
thousand would take a minute.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from idp import clock
from idp.errors import AlteredError
from idp.store import tags
from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.people.groups import part_of
from idp.store.tags.kinds import PERSON

_AT_ONCE = 2000
"""Rows of one statement."""
_COLUMNS = ", ".join(f"p.{name}" for name in PERSON.columns)
_TAIL = {"sqlite": "", "postgresql": " FOR NO KEY UPDATE"}
"""Others may refer to these people meanwhile; none of them is changed or deleted."""
_WHERE = {
    "type": f"p.user_type = :name AND p.id {HIDDEN}",
    "group": f"p.member_of LIKE :name ESCAPE '!' AND p.id {HIDDEN}",
}
_HELD = {
    (what, dialect): Statement(
        f"SELECT {_COLUMNS}, p.tag FROM person p WHERE {where} ORDER BY p.id{tail}"
    )
    for what, where in _WHERE.items()
    for dialect, tail in _TAIL.items()
}
_SETS = "epoch = epoch + 1, updated_at = :now"
_WRITE = {
    "sqlite": Statement(
        "UPDATE person SET user_type = r.value ->> 1, member_of = r.value ->> 2,"
        f" tag = substr(:tags, r.key * :width + 1, :width), {_SETS}"
        " FROM json_each(:rows) r WHERE person.id = r.value ->> 0"
    ),
    "postgresql": Statement(
        "UPDATE person SET user_type = r.value ->> 1, member_of = r.value ->> 2,"
        " tag = substring(CAST(:tags AS bytea) FROM CAST((r.n - 1) * :width + 1 AS integer)"
        f" FOR CAST(:width AS integer)), {_SETS}"
        " FROM json_array_elements(CAST(:rows AS json)) WITH ORDINALITY r(value, n)"
        " WHERE person.id = r.value ->> 0"
    ),
}


@dataclass(frozen=True)
class Held:
    """What of somebody decides, who is held for a change."""

    id: str
    user_type: str
    groups: tuple[str, ...]
    roles: frozenset[str]


def hold(work: Work, what: str, name: str) -> list[Held]:
    """Return everyone of a user type (`what` is "type") or in a group, held until the commit.

    By their `sub`, the one order of locks (`people.lock_person`).

    Raises:
        AlteredError: what decides of somebody was changed from outside.
    """
    said = part_of(name) if what == "group" else name
    found = (_row(work, row) for row in work.all(_HELD[what, work.engine.dialect.name], name=said))
    # A name may end as another one does in JSON: what was found is read before it is believed.
    return [one for one in found if what == "type" or name in one.groups]


def write(
    work: Work, held: Sequence[Held], renamed: Callable[[Held], tuple[str, tuple[str, ...]]]
) -> None:
    """Give everyone the user type and the groups that `renamed` says."""
    for rows in _parts(held):
        said, made = [], []
        for one in rows:
            user_type, groups = renamed(one)
            decisive = {
                "id": one.id,
                "user_type": user_type,
                "roles": " ".join(sorted(one.roles)),
                "member_of": json.dumps(groups),
            }
            said.append((one.id, user_type, decisive["member_of"]))
            made.append(PERSON.tag(work, **decisive))
        work.run(
            _WRITE[work.engine.dialect.name],
            rows=json.dumps(said),
            tags=b"".join(made),
            width=len(made[0]),
            now=clock.now(),
        )


def _row(work: Work, row: Sequence[object]) -> Held:
    *found, tag = row
    values = tuple(found)
    if not tags.of(work.engine).good(work, PERSON, values, tag):
        raise AlteredError(PERSON.table, PERSON.called(values))
    said = dict(zip(PERSON.columns, map(str, values), strict=True))
    groups = tuple(json.loads(said["member_of"]))
    return Held(said["id"], said["user_type"], groups, frozenset(said["roles"].split()))


def _parts(held: Sequence[Held]) -> Iterator[Sequence[Held]]:
    for start in range(0, len(held), _AT_ONCE):
        yield held[start : start + _AT_ONCE]
