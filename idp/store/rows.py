"""Rows by name: the columns that a SELECT asks for, and how a row of them becomes a frozen value.

A reader is made once, when its module is loaded, from a dataclass and the tables that it is read
from. A field is the column of its name, unless it says where else it comes from. So no code counts
columns, and a column that no table has stops the program before it answers anything. Owns the list
of columns and nothing else of a question.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from sqlalchemy.orm import InstrumentedAttribute

from idp.store.db.connections import Model

Row = TypeVar("Row")
Convert = Callable[[Any], Any]
_KEPT = 256
"""Texts of one kind of column whose words are kept."""


@dataclass(frozen=True)
class Reader(Generic[Row]):
    """How a dataclass is read. `columns` is for the SELECT, `width` is how many those are."""

    columns: str
    width: int
    read: Callable[..., Row]
    """Makes the value of a row of exactly these columns, and of the fields that are given."""
    each: tuple[str, ...] = ()
    """The columns one by one, as the SELECT asks for them."""

    def one(self, row: Sequence[Any] | None) -> Row | None:
        """Return what one row says; None for none."""
        return None if row is None else self.read(row)

    def all(self, rows: Iterable[Sequence[Any]]) -> list[Row]:
        """Return what each row says."""
        return [self.read(row) for row in rows]


@dataclass(frozen=True)
class Piece:
    """Where a field comes from: a column, or SQL in words of its own; and what reads it."""

    source: InstrumentedAttribute[Any] | str
    convert: Convert | None = None
    """None: by the field's type."""


class Given:
    """A field that stands in no table: anyone who reads the row hands it over. It comes last."""


GIVEN = Given()
Source = InstrumentedAttribute[Any] | Piece | Reader[Any] | Given
Tables = type[Model] | Mapping[type[Model], str]


def reader(shape: type[Row], tables: Tables, **elsewhere: Source) -> Reader[Row]:
    """Return how a `shape` is read from `tables`: one, or several by their names in the SELECT.

    A field is the column of its name in the first table. `elsewhere` says it of the others: a
    column of another name or table, a `Piece`, a reader whose columns come after all of these (a
    joined row), or `GIVEN`. Its type decides how a value is read: words and JSON become sets,
    tuples and dicts, and what is NULL is empty there.

    Raises:
        LookupError: a column or table is not there, or the dataclass has no such field.
        TypeError: a field is of a type that is not read here, or not in its place.
    """
    hints = get_type_hints(shape)
    if unknown := elsewhere.keys() - hints.keys():
        raise LookupError(f"{shape.__name__} has no fields {sorted(unknown)}")
    names = [field.name for field in fields(shape)]  # type: ignore[arg-type]
    while names and isinstance(elsewhere.get(names[-1]), Given):
        names.pop()
    joined = elsewhere.get(names[-1])
    nested = joined if isinstance(joined, Reader) else None
    own = names[:-1] if nested else names
    pieces = [_piece(shape, name, tables, elsewhere.get(name)) for name in own]
    columns = [_column(tables, piece.source) for piece in pieces]
    conversions = [
        (at, convert)
        for at, (name, piece) in enumerate(zip(own, pieces, strict=True))
        if (convert := piece.convert or _by_type(hints[name])) is not None
    ]
    if nested:
        columns.append(nested.columns)
    width = len(own) + (nested.width if nested else 0)
    read = _read(shape, len(own), conversions, nested)
    return Reader(", ".join(columns), width, read, tuple(columns))


def _piece(shape: type, name: str, tables: Tables, said: Source | None) -> Piece:
    """Return where one field comes from."""
    if isinstance(said, Piece):
        return said
    if isinstance(said, InstrumentedAttribute):
        return Piece(said)
    if said is not None:
        raise TypeError(f"{shape.__name__}.{name} does not come after what is of the tables")
    table = tables if isinstance(tables, type) else next(iter(tables))
    found = getattr(table, name, None)
    if not isinstance(found, InstrumentedAttribute):
        raise LookupError(f"{shape.__name__}.{name}: {table.__tablename__} has no such column")
    return Piece(found)


def _column(tables: Tables, source: InstrumentedAttribute[Any] | str) -> str:
    if isinstance(source, str):
        return source
    if isinstance(tables, type):
        if source.class_ is not tables:
            raise LookupError(f"{source} is not of {tables.__tablename__}")
        return source.key
    name = next((name for table, name in tables.items() if table is source.class_), None)
    if name is None:
        raise LookupError(f"{source} is of none of the tables")
    return f"{name}.{source.key}"


def _read(
    shape: type[Row],
    own: int,
    conversions: Sequence[tuple[int, Convert]],
    nested: Reader[Any] | None,
) -> Callable[..., Row]:
    """Return what makes the value of a row: in the order of the fields, whatever can be kept."""
    rest = nested.read if nested else None
    make = _maker(shape)

    def read(row: Sequence[Any], *given: Any) -> Row:
        values = [*row, *given]
        for at, convert in conversions:
            values[at] = convert(values[at])
        return make(values)

    def read_joined(row: Sequence[Any], *given: Any) -> Row:
        values = [*row[:own], rest(row[own:]), *given]  # type: ignore[misc]
        for at, convert in conversions:
            values[at] = convert(values[at])
        return make(values)

    return read_joined if rest else read


def _maker(shape: type[Row]) -> Callable[[Sequence[Any]], Row]:
    """Return what makes a `shape` of the values of its fields, in their order.

    A frozen dataclass sets one field after the other, which takes longer than all else of a row.
    """
    if hasattr(shape, "__post_init__") or "__slots__" in vars(shape):
        return lambda values: shape(*values)
    names, new = [field.name for field in fields(shape)], object.__new__  # type: ignore[arg-type]

    def make(values: Sequence[Any]) -> Row:
        if len(values) != len(names):
            # Some are left to their defaults, or one is missing.
            return shape(*values)
        found = new(shape)
        found.__dict__.update(zip(names, values, strict=True))
        return found

    return make


def _by_type(hint: Any) -> Convert | None:
    """Return what makes a value of a type of what the driver gives; None: it is one."""
    kind, arguments = get_origin(hint) or hint, get_args(hint)
    if kind is UnionType:
        (only,) = (each for each in arguments if each is not type(None))
        convert = _by_type(only)
        return None if convert is None else lambda value: None if value is None else convert(value)
    if kind in (str, int):
        return None
    if kind is bool:
        # SQLite knows none; userinfo must (OIDC Core 5.1).
        return bool
    if kind is bytes:
        return lambda value: bytes(value or b"")
    if kind in (frozenset, tuple):
        return _words(kind, arguments[0])
    if kind is dict:
        return lambda text: json.loads(text) if text and text != "{}" else {}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    raise TypeError(f"nothing reads {hint} from a row")


def _words(kind: Callable[[Iterable[Any]], Any], of: Any) -> Convert:
    """Return what makes a set or tuple of words; few of them differ, and none can be changed."""
    if of is str:
        return lru_cache(_KEPT)(lambda text: kind((text or "").split()))
    return lru_cache(_KEPT)(lambda text: kind(map(of, (text or "").split())))
