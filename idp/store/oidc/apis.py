"""APIs that applications get tokens for: few, read seldom, changed by operators."""

from collections.abc import Iterable
from dataclasses import dataclass

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.protocol import Api
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import API


@dataclass(frozen=True)
class ApiRow:
    """A registered API; `data` is what it has, as JSON: see `oidc.apis.api`."""

    id: str
    audience: str
    """What `aud` calls it."""
    name: str
    data: str
    created_at: int


_ROW = Sealed(API, reader(ApiRow, Api))
_ALL = Statement(f"SELECT {_ROW.columns} FROM api ORDER BY id")
_ADD = Statement(
    "INSERT INTO api (id, audience, name, data, created_at, tag)"
    " VALUES (:id, :audience, :name, :data, :created_at, :tag) ON CONFLICT DO NOTHING"
)
_REPLACE = Statement(
    "UPDATE api SET name = :name, data = :data, tag = :tag"
    " WHERE id = :id AND name = :seen_name AND data = :seen_data"
)
_HOLD = Statement("SELECT id FROM api WHERE id = :id FOR UPDATE")
_KEEP_STILL = Statement("SELECT id FROM api WHERE audience = :audience FOR SHARE")
_DELETE = Statement("DELETE FROM api WHERE id = :id")


def everything(work: Work) -> list[ApiRow]:
    """Return all APIs by id; none that was altered."""
    return _ROW.all(work, work.all(_ALL))


def hold(work: Work, api_id: str) -> None:
    """Lock an API that is to change, before the people who have something of it.

    So whoever is just agreeing to something of it is done then, or reads what it has become.
    """
    work.one(_HOLD, id=api_id)


def keep_still(work: Work, audiences: Iterable[str]) -> None:
    """Let none of these APIs change until the commit: somebody agrees to what they have now."""
    for audience in sorted(audiences):
        work.one(_KEEP_STILL, audience=audience)


def add(work: Work, api_id: str, audience: str, name: str, data: str) -> bool:
    """Register an API; False when its id or its audience is taken."""
    row = ApiRow(api_id, audience, name, data, clock.now())
    return work.run(_ADD, **vars(row), tag=API.tag(work, **vars(row))) == 1


def replace(work: Work, seen: ApiRow, name: str, data: str) -> bool:
    """Store what an API has in the place of `seen`; False when it is no longer like that."""
    values = vars(seen) | {"name": name, "data": data}
    changed = work.run(
        _REPLACE,
        id=seen.id,
        name=name,
        data=data,
        seen_name=seen.name,
        seen_data=seen.data,
        tag=API.tag(work, **values),
    )
    return changed == 1


def delete(work: Work, api_id: str) -> bool:
    """Remove an API; False when there is none."""
    return work.run(_DELETE, id=api_id) == 1
