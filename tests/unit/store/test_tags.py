"""Tags: over what they are made, and that no statement goes past them."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import store
from idp.crypto import Keyring
from idp.store.db.statements import Statement
from idp.store.tags import Seal
from idp.store.tags.kinds import AUTHORIZATION, EVERY, PERSON, TOKEN

_VALUE = st.one_of(st.none(), st.text(max_size=4), st.sampled_from(["\0", "None", "0", "1", ""]))


@given(st.lists(_VALUE, min_size=22, max_size=22), st.lists(_VALUE, min_size=22, max_size=22))
def test_no_two_rows_have_the_same_text(left: list[str | None], right: list[str | None]) -> None:
    def fit(values: list[str | None]) -> list[str | None]:
        """Return them with an empty text where the column is never NULL."""
        columns = AUTHORIZATION.model.__table__.c
        names = AUTHORIZATION.columns[: len(values)]
        return [
            "" if value is None and not columns[name].nullable else value
            for name, value in zip(names, values, strict=True)
        ] + ["x"] * (len(AUTHORIZATION.columns) - len(values))

    one, two = fit(left), fit(right)
    assert (AUTHORIZATION.text(one) == AUTHORIZATION.text(two)) == (one == two)


def test_a_text_cannot_move_from_one_column_to_the_next() -> None:
    assert PERSON.text(["1", "ab", "c", "[]"]) != PERSON.text(["1", "a", "bc", "[]"])
    assert PERSON.text(["1", "a\0b", "c", "[]"]) != PERSON.text(["1", "a", "b\0c", "[]"])


def test_a_tag_names_its_key_and_is_of_its_purpose_and_message_alone() -> None:
    old, new = Keyring((b"a" * 32,)), Keyring((b"b" * 32, b"a" * 32))
    tag = old.tag("row:person", b"text")
    assert (tag[:4], len(tag)) == (old.key_ids[0], 20)
    assert new.is_tag(tag, "row:person", b"text"), "a key that was added takes nothing away"
    assert new.tag("row:person", b"text")[:4] == new.key_ids[0]
    assert not old.is_tag(tag, "row:client", b"text")
    assert not old.is_tag(tag, "row:person", b"texts")
    assert not old.is_tag(tag[:-1], "row:person", b"text")
    assert not old.is_tag(b"", "row:person", b"text")
    assert not old.is_tag(new.tag("row:person", b"text"), "row:person", b"text")


def _statements() -> Iterator[str]:
    """Yield the SQL of every statement that a module of the store has."""
    for module in pkgutil.walk_packages(store.__path__, "idp.store."):
        for found in vars(importlib.import_module(module.name)).values():
            for one in found.values() if isinstance(found, dict) else [found]:
                if isinstance(one, Statement) and isinstance(one._clause, str):
                    yield " ".join(one._clause.split())


@pytest.mark.parametrize("seal", EVERY, ids=lambda seal: seal.table)
def test_no_statement_writes_what_decides_without_the_tag(seal: Seal) -> None:
    table = rf'"?{seal.table}"?'
    decisive = {*seal.columns} - {*seal.name}
    seen = 0
    for text in _statements():
        if re.search(rf"INSERT INTO {table} \(", text):
            seen += 1
            assert re.search(r"[(, ]tag[,) ]", text), text
        sets = re.search(rf"UPDATE {table} SET (.*?)(?: WHERE .*)?$", text)
        if sets is not None:
            changed = set(re.findall(r'"?(\w+)"? = ', sets[1]))
            assert "tag" in changed or not changed & decisive, text
    assert seen


@pytest.mark.parametrize("seal", EVERY, ids=lambda seal: seal.table)
def test_what_a_row_is_called_and_whose_it_is_are_under_the_tag(seal: Seal) -> None:
    assert {*seal.name, *([seal.person] if seal.person else [])} <= {*seal.columns}
    assert {*seal.columns, "tag"} <= {*seal.model.__table__.c.keys()}


LATER = ((None, "k", None), ("k", None, None), ("k", "k", None), ("k", "k", "d"))


def test_a_column_of_a_later_version_leaves_the_tags_of_before_as_they_were() -> None:
    row = {"digest": "d", "kind": "access", "authorization_id": "a", "scope": "openid"}
    values = (*row.values(), 1, 2)
    before = replace(TOKEN, columns=TOKEN.columns[: -len(TOKEN.later)], later=())
    assert TOKEN.text((*values, None, None, None)) == before.text(values)
    bound = {TOKEN.text((*values, *more)) for more in LATER}
    assert len(bound | {before.text(values)}) == 5
