"""Rows by name: a reader asks for columns that are there, or its module is not even loaded."""

from dataclasses import dataclass
from typing import Any

import pytest

from idp.policy.steps import NO_MARKS, Mark
from idp.policy.types import Factor
from idp.store.models.people import Person
from idp.store.models.sign_in import Interaction, Proof
from idp.store.rows import GIVEN, Piece, Source, Tables, reader


@dataclass(frozen=True)
class Name:
    id: str
    name: str


@dataclass(frozen=True)
class Known:
    id: str
    email_verified: bool
    roles: frozenset[str]
    claims: dict[str, Any]
    groups: tuple[str, ...]
    login: str
    marks: tuple[Name, ...] = ()


@dataclass(frozen=True)
class Kinds:
    factors: frozenset[Factor]
    amr: tuple[str, ...]


@dataclass(frozen=True)
class Pending:
    marks: Mark
    pending: bytes | None


@dataclass(frozen=True)
class Proved:
    method: str
    by: Name


@dataclass(frozen=True)
class Weighed:
    id: str
    name: float


NAME = reader(Name, {Person: "p"})


def test_a_field_is_the_column_of_its_name() -> None:
    assert reader(Name, Person).columns == "id, name"
    assert NAME.columns == "p.id, p.name"
    assert NAME.read(("1", "Aroha")) == Name("1", "Aroha")
    assert NAME.one(None) is None
    assert NAME.all([("1", "Aroha")]) == [Name("1", "Aroha")]


def test_a_field_may_come_from_another_column_or_from_words_of_sql_or_from_the_caller() -> None:
    found = reader(
        Known,
        {Person: "p"},
        groups=Piece(Person.member_of, lambda text: tuple(text.split(","))),
        login=Piece("lower(p.username)"),
        marks=GIVEN,
    )
    columns = "p.id, p.email_verified, p.roles, p.claims, p.member_of, lower(p.username)"
    assert (found.columns, found.width) == (columns, 6)
    row = ("1", 1, "admin x", '{"a": 1}', "b,c", "aroha")
    expected = ("1", True, frozenset({"admin", "x"}), {"a": 1}, ("b", "c"), "aroha")
    assert found.read(row) == Known(*expected)
    assert found.read(row, (Name("2", ""),)) == Known(*expected, (Name("2", ""),))


def test_a_value_is_of_its_fields_type_and_empty_where_there_is_none() -> None:
    kinds = reader(Kinds, Proof)
    assert kinds.read(("knowledge", "pwd otp")) == Kinds(
        frozenset({Factor.KNOWLEDGE}), ("pwd", "otp")
    )
    assert kinds.read((None, None)) == Kinds(frozenset(), ())
    pending = reader(Pending, Interaction)
    assert pending.read((0, None)) == Pending(NO_MARKS, None)
    assert pending.read((1, memoryview(b"x"))) == Pending(Mark(1), b"x")


def test_a_joined_row_is_read_by_its_own_reader() -> None:
    found = reader(Proved, {Proof: "f"}, by=NAME)
    assert (found.columns, found.width) == ("f.method, p.id, p.name", 3)
    assert found.read(("totp", "1", "Aroha")) == Proved("totp", Name("1", "Aroha"))


WRONG: dict[str, tuple[type, Tables, dict[str, Source], type[Exception]]] = {
    "no such column": (Name, Proof, {}, LookupError),
    "no such field": (Name, Person, {"nick": Person.username}, LookupError),
    "a column of another table": (Name, Person, {"name": Proof.method}, LookupError),
    "a table without a name": (Name, {Person: "p"}, {"name": Proof.method}, LookupError),
    "given before the end": (Name, Person, {"id": GIVEN}, TypeError),
    "joined before the end": (Name, {Person: "p"}, {"id": NAME}, TypeError),
    "a type that nothing reads": (Weighed, Person, {}, TypeError),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_read_fails_where_the_reader_is_made(case: str) -> None:
    shape, tables, elsewhere, error = WRONG[case]
    with pytest.raises(error):
        reader(shape, tables, **elsewhere)
