"""Tags: how it is known that a row which decides is of this installation's making.

Beside what such a row says stands a keyed digest of it, of what the row is called and whose it is
(`crypto.Keyring.tag`). Whoever can write to the database, but has no keyring, can make no such row,
move none to another person and raise none. What they can do: delete a row, or put one back as it
once was. Owns how a tag is made and checked, and that a row without a good one is told of and not
read; which tables have tags, and over what, stands in `store.tags.kinds`. No caller touches a key.
"""

import json
import logging
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Boolean, LargeBinary

from idp import clock
from idp.crypto import Keyring
from idp.errors import AlteredError
from idp.store.db import Work
from idp.store.db.connections import Engine, Model
from idp.store.rows import Reader

Row = TypeVar("Row")
Alarm = Callable[[Work, str, str, str | None], None]
"""Told of a row that was refused: its table, what it is called there, and whose it says it is."""
_MINUTE = 60
_NAME = 200
_AGAIN = 2048
"""Rows that are remembered as good: some megabytes at most."""
_MOST = 10_000
"""Rows that are remembered as told; there are as many where the database is another's."""
_log = logging.getLogger("acrux.rows")


@dataclass(frozen=True, eq=False)
class Seal:
    """Over what the rows of a table have their tags, in this order."""

    model: type[Model]
    name: tuple[str, ...]
    """The columns by which a row is called."""
    columns: tuple[str, ...]
    """Those that decide, its name and its person among them."""
    person: str | None = None
    """The column that says whose it is."""
    given: Mapping[str, str] = field(default_factory=dict)
    """What is bound as well, and stands in no column of its own: anyone who reads the row knows it.

    With it the SQL that finds it for a row of before there were tags.
    """
    later: tuple[str, ...] = ()
    """The last of the columns, which came after there were tags. Where all of them are NULL, the
    row has the tag that it had without them."""
    lasting: bool = True
    """False: there are many, and they go by themselves. Who looks for trouble leaves them out."""

    read_again: bool = True
    """False: nobody reads a row soon after it was made, so it is not remembered as good."""

    @cached_property
    def table(self) -> str:
        return str(self.model.__tablename__)

    @cached_property
    def purpose(self) -> str:
        return f"row:{self.table}"

    @cached_property
    def _wanted(self) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
        return itemgetter(*self.columns, *self.given)

    @cached_property
    def _form(self) -> str:
        return "\0".join(["%s"] * (len(self.columns) + len(self.given)))

    @cached_property
    def _odd(self) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
        """Where one value has two spellings, and what makes one of them."""
        ways = ((Boolean, _as_number), (LargeBinary, bytes.hex))
        return tuple((at, way) for kind, way in ways for at in self._at(kind))

    @cached_property
    def _nullable(self) -> tuple[int, ...]:
        columns = self.model.__table__.c
        return tuple(at for at, name in enumerate(self.columns) if columns[name].nullable)

    def _at(self, kind: type) -> list[int]:
        columns = self.model.__table__.c
        return [at for at, name in enumerate(self.columns) if isinstance(columns[name].type, kind)]

    @cached_property
    def _before(self) -> "tuple[Seal, int]":
        """What it was before there were the `later` columns, and how many it had."""
        at = len(self.columns) - len(self.later)
        return replace(self, columns=self.columns[:at], later=()), at

    def text(self, values: Sequence[Any]) -> bytes:
        """Return the bytes that a tag is made of: no two rows have the same.

        The values with a NUL between them, behind a digit for each that may be NULL. Where one
        holds a NUL itself (PostgreSQL stores none), JSON behind one NUL more than that. With one of
        the `later` columns, behind what no text without them begins with: a name is never empty.
        """
        if not self.later:
            return self._text(values)
        before, at = self._before
        for one in values[at:]:
            if one is not None:
                return b"\0+" + self._text(values)
        return before._text(values[:at])

    def _text(self, values: Sequence[Any]) -> bytes:
        if self._odd:
            said = list(values)
            for at, way in self._odd:
                if said[at] is not None:
                    said[at] = way(said[at])
            values = said
        text = self._form % tuple(values)
        if text.count("\0") >= len(values):
            text = "\0" * len(values) + json.dumps(values)
        if self._nullable:
            text = "".join(["01"[values[at] is None] for at in self._nullable]) + text
        return text.encode(errors="surrogatepass")

    def called(self, values: Sequence[Any]) -> str:
        """Return what people may call the row with these columns."""
        return " ".join(str(values[self.columns.index(name)]) for name in self.name)

    def tag(self, work: Work, **values: Any) -> bytes:
        """Return the tag of a row with these values: `columns` and what is `given`, by name."""
        return of(work.engine).make(self, self._wanted(values))


def _as_number(value: Any) -> Any:
    """Return what SQLite keeps of True and False."""
    return int(value) if value.__class__ is bool else value


@dataclass
class Tags:
    """What makes and checks the tags of one database in this process."""

    known: Keyring | None
    alarm: Alarm

    @property
    def keyring(self) -> Keyring:
        """The keyring.

        Raises:
            LookupError: there is none here (`believe`), so no tag is made.
        """
        if self.known is None:
            raise LookupError("no row that decides is written without a keyring")
        return self.known

    def __post_init__(self) -> None:
        self._told: dict[tuple[str, str, Any], int] = {}
        self._seen: dict[Any, tuple[Seal, tuple[Any, ...]]] = {}

    def make(self, seal: Seal, values: tuple[Any, ...]) -> bytes:
        """Return the tag of a row with these values."""
        tag = self.keyring.tag(seal.purpose, seal.text(values))
        self._remember(seal, values, tag)
        return tag

    def good(self, work: Work, seal: Seal, values: tuple[Any, ...], tag: Any) -> bool:
        """Return True if a row has the tag that is due to it; of another it is told.

        Most rows are read again soon: one that was good, and is the same, is not worked out again.
        """
        if self._seen.get(tag) == (seal, values) or self.is_good(seal, values, tag):
            return True
        self._tell(work, seal, values, tag)
        return False

    def is_good(self, seal: Seal, values: tuple[Any, ...], tag: Any) -> bool:
        """Return True if a row has the tag that is due to it."""
        if self.known is None:
            return True
        # SQLite takes anything into any column.
        if tag.__class__ is not bytes:
            return False
        try:
            good = self.known.is_tag(tag, seal.purpose, seal.text(values))
        except (TypeError, ValueError):
            return False
        if good:
            self._remember(seal, values, tag)
        return good

    def _remember(self, seal: Seal, values: tuple[Any, ...], tag: bytes) -> None:
        if not seal.read_again:
            return
        if len(self._seen) >= _AGAIN:
            self._seen.clear()
        self._seen[tag] = (seal, values)

    def _tell(self, work: Work, seal: Seal, values: Sequence[Any], tag: Any) -> None:
        """Sound the alarm: of one row once a minute and process, with the work's commit."""
        name, minute = seal.called(values)[:_NAME], clock.now() // _MINUTE
        key = (seal.table, name, tag)
        if self._told.get(key) == minute:
            return
        if key not in self._told:
            _log.error("the row %r of the table %s is refused: its tag is not ours", name, key[0])
        if len(self._told) >= _MOST:
            self._told.clear()
        person = values[seal.columns.index(seal.person)] if seal.person else None
        self.alarm(work, seal.table, name, None if person is None else str(person)[:_NAME])
        work.after_commit(partial(self._told.__setitem__, key, minute))


_tags: weakref.WeakKeyDictionary[Engine, Tags] = weakref.WeakKeyDictionary()


def use(engine: Engine, keyring: Keyring, alarm: Alarm) -> None:
    """Make and check the tags of this database with `keyring`, and tell `alarm` what is refused."""
    _tags[engine] = Tags(keyring, alarm)


def believe(engine: Engine) -> None:
    """Read all rows of this database as they stand: for who only looks, and has no keyring."""
    _tags[engine] = Tags(None, lambda *_: None)


def of(engine: Engine) -> Tags:
    """Return what makes and checks the tags of this database.

    Raises:
        LookupError: nothing was said of it (`use`), so nothing that decides is read or written.
    """
    return _tags[engine]


class Sealed(Generic[Row]):
    """How rows with tags are read. `columns` is for the SELECT, `width` is how many those are."""

    def __init__(self, seal: Seal, rows: Reader[Row], alias: str = "") -> None:
        """`rows` reads what the caller wants; `alias` is the table's name in the SELECT."""
        before = f"{alias}." if alias else ""
        wanted = [before + name for name in (*seal.columns, "tag")]
        each = (*rows.each, *(name for name in wanted if name not in rows.each))
        self.seal = seal
        self.columns = ", ".join(each)
        self.width = len(each)
        self._read = rows.read
        self._own = rows.width
        self._decisive = itemgetter(*map(each.index, wanted[:-1]))
        self._tag = each.index(wanted[-1])

    def one(self, work: Work, row: Sequence[Any] | None, *given: Any) -> Row | None:
        """Return what one row says; None for none, and for one that is refused."""
        return None if row is None or not self.good(work, row, *given) else self.read(row)

    def all(self, work: Work, rows: Iterable[Sequence[Any]], *given: Any) -> list[Row]:
        """Return what each row says that is not refused."""
        return [self.read(row) for row in rows if self.good(work, row, *given)]

    def good(self, work: Work, row: Sequence[Any], *given: Any) -> bool:
        """Return True if the row is ours; else the alarm is sounded."""
        values = self._decisive(row)
        if given:
            values += given
        return of(work.engine).good(work, self.seal, values, row[self._tag])

    def read(self, row: Sequence[Any], *fields: Any) -> Row:
        """Return what a row says that was found `good`; `fields` stand in no table."""
        return self._read(row[: self._own], *fields)

    def sure(self, work: Work, row: Sequence[Any] | None, *given: Any) -> Row | None:
        """Return what one row says; None for none.

        Raises:
            AlteredError: it is refused, and nothing goes on as if it were not there.
        """
        found = self.one(work, row, *given)
        if found is None and row is not None:
            raise AlteredError(self.seal.table, self.seal.called(self._decisive(row)))
        return found

    def unchecked(self, rows: Iterable[Sequence[Any]]) -> list[Row]:
        """Return what each row says, be it ours or not: for who looks for it or takes it away."""
        return [self.read(row) for row in rows]
