"""A row with a tag is changed in part: the rest of what decides stays, and is looked at first."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from idp.errors import AlteredError
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.tags import Seal, of


class _Statements(NamedTuple):
    hold: Statement
    read: Statement
    write: Statement


@cache
def _statements(seal: Seal, changed: tuple[str, ...]) -> _Statements:
    where = " AND ".join(f'"{name}" = :{name}' for name in seal.name)
    columns = ", ".join(f'"{name}"' for name in seal.columns)
    sets = ", ".join(f'"{name}" = :new_{name}' for name in changed)
    return _Statements(
        Statement(f'UPDATE "{seal.table}" SET tag = tag WHERE {where}'),
        Statement(f'SELECT {columns}, tag FROM "{seal.table}" WHERE {where}'),
        Statement(f'UPDATE "{seal.table}" SET {sets}, tag = :new_tag WHERE {where}'),
    )


def change(work: Work, seal: Seal, name: Mapping[str, Any], /, **changes: Any) -> bool:
    """Change columns of one row, and its tag with them; False when there is no such row.

    The row is locked first: whatever another changes of it meanwhile is under the tag as well. What
    was `given` for the tag is not known here, so no row of that kind is changed.

    Raises:
        AlteredError: its tag was not ours before; whoever wrote it is not helped to one.
    """
    hold, read, write = _statements(seal, tuple(changes))
    if work.run(hold, **name) != 1:
        return False
    *found, tag = work.one(read, **name) or (None,)
    values = tuple(found)
    if not of(work.engine).good(work, seal, values, tag):
        raise AlteredError(seal.table, seal.called(values))
    known = dict(zip(seal.columns, values, strict=True))
    new = seal.tag(work, **known | {key: changes[key] for key in changes if key in known})
    anew = {f"new_{key}": value for key, value in changes.items()}
    return work.run(write, **name, **anew, new_tag=new) == 1
