"""Groups by themselves: each has a name that no other has, and a row also where nobody is in it.

Who is in a group stands with the people (`person.member_of`). Owns that every name there is has its
row (`ensure`) and the questions asked of both; that a group and its people change together is the
caller's.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from idp import clock
from idp.crypto import random_name
from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.directory import PersonGroup
from idp.store.rows import reader


@dataclass(frozen=True)
class GroupRow:
    """A group. Times in seconds since 1970."""

    id: str
    name: str
    created_at: int
    updated_at: int
    """When it was renamed, or a directory changed who is in it."""


ROW = reader(GroupRow, {PersonGroup: "g"})
AMONG = {
    "sqlite": "IN (SELECT value FROM json_each(:among))",
    "postgresql": "IN (SELECT json_array_elements_text(CAST(:among AS json)))",
}
"""For each dialect, what says that a column is one of the texts of a list in JSON."""
_BY_ID = Statement(f"SELECT {ROW.columns} FROM person_group g WHERE g.id = :id")
_BY_NAME = Statement(f"SELECT {ROW.columns} FROM person_group g WHERE g.name = :name")
_NAMED = {
    name: Statement(f"SELECT {ROW.columns} FROM person_group g WHERE g.name {among}")
    for name, among in AMONG.items()
}
_HELD = {
    # There is one writer at a time.
    "sqlite": Statement(f"SELECT g.name FROM person_group g WHERE g.name {AMONG['sqlite']}"),
    "postgresql": Statement(
        f"SELECT g.name FROM person_group g WHERE g.name {AMONG['postgresql']}"
        " ORDER BY g.name FOR KEY SHARE"
    ),
}
_ADD = Statement(
    "INSERT INTO person_group (id, name, created_at, updated_at)"
    " VALUES (:id, :name, :now, :now) ON CONFLICT (name) DO NOTHING"
)
_LOCK = Statement("UPDATE person_group SET updated_at = updated_at WHERE id = :id")
_TOUCH = Statement("UPDATE person_group SET updated_at = :now WHERE id = :id")
_RENAME = Statement("UPDATE person_group SET name = :name, updated_at = :now WHERE id = :id")
_DELETE = Statement("DELETE FROM person_group WHERE id = :id")
_MEMBERS = Statement(
    f"SELECT id, member_of FROM person WHERE member_of LIKE :part ESCAPE '!' AND id {HIDDEN}"
    " ORDER BY id"
)


def by_id(work: Work, group_id: str) -> GroupRow | None:
    """Return the group of this id."""
    return ROW.one(work.one(_BY_ID, id=group_id))


def by_name(work: Work, name: str) -> GroupRow | None:
    """Return the group of this name, as it is spelled."""
    return ROW.one(work.one(_BY_NAME, name=name))


def named(work: Work, names: Collection[str]) -> dict[str, GroupRow]:
    """Return the groups of these names, by their names."""
    if not names:
        return {}
    rows = work.all(_NAMED[work.engine.dialect.name], among=json.dumps(sorted(names)))
    return {row.name: row for row in ROW.all(rows)}


def ensure(work: Work, names: Collection[str]) -> None:
    """Give each name that somebody is to have its group, where there is none yet.

    Once the person is locked. None of them is renamed or deleted until the commit.
    """
    if not names:
        return
    held = work.column(_HELD[work.engine.dialect.name], among=json.dumps(sorted(names)))
    for name in sorted(set(names) - set(held)):
        add(work, name)


def add(work: Work, name: str) -> str | None:
    """Add a group and return its id; None when there is one of this name."""
    group_id = random_name(16)
    added = work.run(_ADD, id=group_id, name=name, now=clock.now())
    return group_id if added else None


def lock(work: Work, group_id: str) -> GroupRow | None:
    """Return a group that is to be changed, with its people: nobody else does until the commit.

    It comes before the lock of any person (`people.lock_person`); its name is claimed after that.
    """
    work.run(_LOCK, id=group_id)
    return by_id(work, group_id)


def touch(work: Work, group_id: str) -> None:
    """Note that who is in a group was changed."""
    work.run(_TOUCH, id=group_id, now=clock.now())


def rename(work: Work, group_id: str, name: str) -> bool:
    """Give a group another name, which its people are to have as well; False: it is taken."""
    return work.unless_taken(_RENAME, id=group_id, name=name, now=clock.now()) == 1


def delete(work: Work, group_id: str) -> None:
    """Delete a group, which nobody is to be in any more."""
    work.run(_DELETE, id=group_id)


def members(work: Work, name: str) -> list[str]:
    """Return the `sub` of everyone in a group, in their order."""
    # A name may end as another one does in JSON: what was found is read before it is believed.
    rows = work.all(_MEMBERS, part=part_of(name))
    return [sub for sub, held in rows if name in json.loads(held)]


def part_of(name: str) -> str:
    """Return a pattern for LIKE of `person.member_of` with this group in it, and some others."""
    text = json.dumps(name)
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"%{text}%"
