"""Every row with a tag, a batch at a time: those of before there were tags get theirs, once.

Owns the way through the tables. Whether rows may be given tags is not decided here: whoever asks
for it vouches for all that stands in them.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from idp.store.db import Work, work
from idp.store.db.connections import Engine
from idp.store.db.statements import Statement
from idp.store.tags import Seal, of
from idp.store.tags.kinds import EVERY

BATCH = 500
"""Rows in one transaction."""


class Refused(NamedTuple):
    """A row that is refused, and whether it has any tag."""

    seal: Seal
    name: str
    """What it is called."""
    tagged: bool
    key: tuple[Any, ...]
    values: tuple[Any, ...]
    """What decides."""

    @property
    def table(self) -> str:
        return self.seal.table


@cache
def _keys(seal: Seal) -> tuple[str, ...]:
    return tuple(column.name for column in seal.model.__table__.primary_key)


@cache
def _page(seal: Seal, *, first: bool, untagged: bool) -> Statement:
    keys = _keys(seal)
    names = ", ".join(f'"{name}"' for name in keys)
    columns = [f'"{name}"' for name in seal.columns] + list(seal.given.values())
    conditions = ["tag IS NULL"] if untagged else []
    if not first:
        conditions.append(f"({names}) > ({', '.join(f':{name}' for name in keys)})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return Statement(
        f'SELECT {names}, {", ".join(columns)}, tag FROM "{seal.table}"{where}'
        f" ORDER BY {names} LIMIT {BATCH}"
    )


@cache
def _where(seal: Seal) -> str:
    return " AND ".join(f'"{name}" = :{name}' for name in _keys(seal))


@cache
def _put(seal: Seal) -> Statement:
    same = " AND ".join(f'"{name}" IS NOT DISTINCT FROM :was_{name}' for name in seal.columns)
    where = f"{_where(seal)} AND tag IS NULL AND {same}"
    return Statement(f'UPDATE "{seal.table}" SET tag = :tag WHERE {where}')


def _pages(unit: Work, seal: Seal, *, untagged: bool) -> Iterator[list[Any]]:
    """Yield the rows of a table by their keys, in batches: keys, what decides, tag."""
    width, after = len(_keys(seal)), None
    while True:
        values: dict[str, Any] = dict(zip(_keys(seal), after or (), strict=bool(after)))
        rows = unit.all(_page(seal, first=after is None, untagged=untagged), **values)
        if not rows:
            return
        yield rows
        after = rows[-1][:width]


def give(engine: Engine) -> dict[str, int]:
    """Give every row that has no tag the one that is due to what it says; return how many did.

    It may be stopped at any moment and begun again: each batch is a transaction. A row that is
    changed meanwhile gets the tag of what it says then, and one that has a tag keeps it. What
    nobody could read any more (a proof whose sign-in is gone) gets none.
    """
    found: Counter[str] = Counter()
    with work(engine) as unit:
        for seal in EVERY:
            changed = True
            while changed:
                given, changed = _give(unit, seal)
                found[seal.table] += given
    return {table: count for table, count in found.items() if count}


def _give(unit: Work, seal: Seal) -> tuple[int, bool]:
    """Return how many rows got a tag, and whether another was changed between look and write."""
    width, end = len(_keys(seal)), len(_keys(seal)) + len(seal.columns)
    tags, count, changed = of(unit.engine), 0, False
    for rows in _pages(unit, seal, untagged=True):
        for row in rows:
            if None in row[end:-1]:
                continue
            tag = tags.make(seal, tuple(row[width:-1]))
            keys = dict(zip(_keys(seal), row[:width], strict=True))
            was = dict(zip([f"was_{name}" for name in seal.columns], row[width:end], strict=True))
            done = unit.run(_put(seal), **keys, **was, tag=tag)
            count, changed = count + done, changed or not done
        unit.commit()
    return count, changed


def refused(unit: Work, *, all_of_them: bool = True) -> Iterator[Refused]:
    """Yield every row that is refused, table by table, and that someone could still read.

    Not `all_of_them`: of the tables whose rows last.
    """
    tags = of(unit.engine)
    for seal in EVERY:
        if not (all_of_them or seal.lasting):
            continue
        width = len(_keys(seal))
        end = width + len(seal.columns)
        for rows in _pages(unit, seal, untagged=False):
            for row in rows:
                tag = row[-1]
                if None not in row[end:-1] and not tags.is_good(seal, tuple(row[width:-1]), tag):
                    name, found = seal.called(row[width:-1]), tag is not None
                    yield Refused(seal, name, found, tuple(row[:width]), tuple(row[width:-1]))


def trust(unit: Work, row: Refused) -> None:
    """Give a refused row the tag of what it says."""
    tag = of(unit.engine).make(row.seal, row.values)
    anew = Statement(f'UPDATE "{row.table}" SET tag = :tag WHERE {_where(row.seal)}')
    unit.run(anew, **_named(row), tag=tag)


def remove(unit: Work, row: Refused) -> None:
    """Delete a refused row."""
    unit.run(Statement(f'DELETE FROM "{row.table}" WHERE {_where(row.seal)}'), **_named(row))


def _named(row: Refused) -> dict[str, Any]:
    return dict(zip(_keys(row.seal), row.key, strict=True))
