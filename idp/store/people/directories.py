"""What directories call people and groups, and the questions that they ask of both.

A directory is a client, and what it calls somebody is its own: no other is told. The questions are
conditions that all must hold; each is a piece of SQL here, and there is no other.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from idp.store import people
from idp.store.canaries import HIDDEN
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.directory import DirectoryGroup, DirectoryPerson
from idp.store.people import PersonRow
from idp.store.people.groups import AMONG, GroupRow
from idp.store.people.groups import ROW as GROUP
from idp.store.rows import reader


@dataclass(frozen=True)
class Condition:
    """A member, one of `ORDERED` or `=`, and what it is compared with."""

    member: str
    value: str | int | bool
    sign: str = "="


@dataclass(frozen=True)
class CalledRow:
    """What one directory calls somebody: its own id of them, and the user name as it spells it."""

    external_id: str | None
    user_name: str | None
    unsaid: frozenset[str] = frozenset()
    """What everyone has here, and it has not said."""
    off_at: int | None = None
    """When it switched the person off, in seconds since 1970."""


@dataclass(frozen=True)
class GroupCalledRow:
    """What one directory calls a group."""

    external_id: str | None


NOT_CALLED = CalledRow(None, None)
ORDERED = ("<", "<=", ">", ">=")
"""Signs of a comparison of times."""
TIMES = frozenset({"created", "changed"})
_OF_PEOPLE = {
    "id": "p.id = :{at}",
    "username": "p.username = :{at}",
    "email": "p.email = :{at}",
    "name": "lower(p.name) = lower(:{at})",
    "on": "(p.disabled_at IS NULL) = :{at}",
    "external_id": "p.id IN (SELECT d.person_id FROM directory_person d"
    " WHERE d.client_id = :client AND d.external_id = :{at})",
    "created": "p.created_at {sign} :{at}",
    "changed": "p.updated_at {sign} :{at}",
}
_EACH = {
    "sqlite": "json_each(p.member_of) m",
    "postgresql": "json_array_elements_text(CAST(p.member_of AS json)) m(value)",
}
_OF_GROUPS = {
    "id": "g.id = :{at}",
    "name": "lower(g.name) = lower(:{at})",
    "member": "g.name IN (SELECT m.value FROM person p, {each} WHERE p.id = :{at})",
    "external_id": "g.id IN (SELECT d.group_id FROM directory_group d"
    " WHERE d.client_id = :client AND d.external_id = :{at})",
    "created": "g.created_at {sign} :{at}",
    "changed": "g.updated_at {sign} :{at}",
}
OF_PEOPLE, OF_GROUPS = frozenset(_OF_PEOPLE), frozenset(_OF_GROUPS)
"""The members that a question may be about."""


def some_people(
    work: Work, client_id: str, wanted: Collection[Condition], limit: int, offset: int
) -> tuple[int, list[PersonRow]]:
    """Return how many people a directory's question is answered by, and some of them by `sub`."""
    form = _form(wanted)
    count, page = _people(work.engine.dialect.name, form)
    values = _values(client_id, wanted)
    total: int = work.value(count, **values)
    if not limit:
        return total, []
    rows = work.all(page, **values, limit=limit, offset=offset)
    return total, people.ROW.all(work, rows)


def some_groups(
    work: Work, client_id: str, wanted: Collection[Condition], limit: int, offset: int
) -> tuple[int, list[GroupRow]]:
    """Return how many groups a directory's question is answered by, and some of them by id."""
    count, page = _groups(work.engine.dialect.name, _form(wanted))
    values = _values(client_id, wanted)
    total: int = work.value(count, **values)
    rows = work.all(page, **values, limit=limit, offset=offset) if limit else []
    return total, GROUP.all(rows)


_Form = tuple[tuple[str, str], ...]


def _form(wanted: Collection[Condition]) -> _Form:
    return tuple((one.member, one.sign) for one in wanted)


def _values(client_id: str, wanted: Collection[Condition]) -> dict[str, str | int | bool]:
    values: dict[str, str | int | bool] = {f"v{at}": one.value for at, one in enumerate(wanted)}
    if any(one.member == "external_id" for one in wanted):
        values["client"] = client_id
    return values


def _where(pieces: dict[str, str], form: _Form, each: str) -> str:
    found = []
    for at, (member, sign) in enumerate(form):
        if sign != "=" and (member not in TIMES or sign not in ORDERED):
            raise LookupError(f"{member} {sign} is no question")
        found.append(pieces[member].format(at=f"v{at}", sign=sign, each=each))
    return "".join(f" AND {one}" for one in found)


@lru_cache(maxsize=256)
def _people(dialect: str, form: _Form) -> tuple[Statement, Statement]:
    where = f"WHERE p.id {HIDDEN}{_where(_OF_PEOPLE, form, _EACH[dialect])}"
    page = f"SELECT {people.ROW.columns} FROM person p {where}"
    return (
        Statement(f"SELECT count(*) FROM person p {where}", anew=True),
        people.by_dialect(f"{page} ORDER BY p.id LIMIT :limit OFFSET :offset")[dialect],
    )


@lru_cache(maxsize=256)
def _groups(dialect: str, form: _Form) -> tuple[Statement, Statement]:
    where = f"WHERE 1 = 1{_where(_OF_GROUPS, form, _EACH[dialect])}"
    page = f"SELECT {GROUP.columns} FROM person_group g {where} ORDER BY g.id"
    return (
        Statement(f"SELECT count(*) FROM person_group g {where}", anew=True),
        Statement(f"{page} LIMIT :limit OFFSET :offset", anew=True),
    )


# -- what they are called

_CALLED = reader(CalledRow, DirectoryPerson)
_GROUP_CALLED = reader(GroupCalledRow, DirectoryGroup)
_CALLED_BY = {
    name: Statement(
        f"SELECT person_id, {_CALLED.columns} FROM directory_person"
        f" WHERE client_id = :client AND person_id {among}"
    )
    for name, among in AMONG.items()
}
_GROUPS_CALLED_BY = {
    name: Statement(
        f"SELECT group_id, {_GROUP_CALLED.columns} FROM directory_group"
        f" WHERE client_id = :client AND group_id {among}"
    )
    for name, among in AMONG.items()
}
_CALL = Statement(
    "INSERT INTO directory_person (client_id, person_id, external_id, user_name, unsaid,"
    " off_at) VALUES (:client, :person, :external_id, :user_name, :unsaid, :off_at)"
    " ON CONFLICT (client_id, person_id) DO UPDATE SET external_id = excluded.external_id,"
    " user_name = excluded.user_name, unsaid = excluded.unsaid, off_at = excluded.off_at"
)
_CALL_GROUP = Statement(
    "INSERT INTO directory_group (client_id, group_id, external_id)"
    " VALUES (:client, :group, :external_id) ON CONFLICT (client_id, group_id)"
    " DO UPDATE SET external_id = excluded.external_id"
)


def called(work: Work, client_id: str, subs: Collection[str]) -> dict[str, CalledRow]:
    """Return what a directory calls these people, by their `sub`; not whom it has not named."""
    statement = _CALLED_BY[work.engine.dialect.name]
    rows = work.all(statement, client=client_id, among=json.dumps(sorted(subs)))
    return {sub: _CALLED.read(rest) for sub, *rest in rows}


def groups_called(work: Work, client_id: str, groups: Collection[str]) -> dict[str, str | None]:
    """Return what a directory calls these groups, by their ids."""
    statement = _GROUPS_CALLED_BY[work.engine.dialect.name]
    rows = work.all(statement, client=client_id, among=json.dumps(sorted(groups)))
    return {group: _GROUP_CALLED.read(rest).external_id for group, *rest in rows}


def call(work: Work, client_id: str, sub: str, said: CalledRow) -> None:
    """Note what a directory calls somebody; of a client that is gone, nothing."""
    work.unless_taken(
        _CALL,
        client=client_id,
        person=sub,
        external_id=said.external_id,
        user_name=said.user_name,
        unsaid=" ".join(sorted(said.unsaid)),
        off_at=said.off_at,
    )


def call_group(work: Work, client_id: str, group_id: str, external_id: str | None) -> None:
    """Note what a directory calls a group; of a client that is gone, nothing."""
    work.unless_taken(_CALL_GROUP, client=client_id, group=group_id, external_id=external_id)
