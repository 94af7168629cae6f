"""Canonical JSON is RFC 8785's: its own examples, and what other readers of JSON make of ours."""

import json
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.evidence.canonical import MAX_INTEGER, canonical, is_canonical

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-MAX_INTEGER, "-9007199254740991"),
        ([], "[]"),
        ((1, [2]), "[1,[2]]"),
        ({}, "{}"),
        ({"b": 1, "a": {"d": None, "c": []}}, '{"a":{"c":[],"d":null},"b":1}'),
        (Colour.RED, '"red"'),
        # RFC 8785 section 3.2.2.2
        ('€$\x0f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        ("\b\t\n\f\r\x00\x1f\x7f\u2028<", '"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u2028<"'),
    ],
)
def test_a_value_has_one_text(value: Any, text: str) -> None:
    assert canonical(value) == text.encode()


def test_members_are_in_the_order_of_utf_16_code_units() -> None:
    """RFC 8785 section 3.2.3: a letter of two units (an emoji) comes before U+FB33."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    order = ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(names, 0)))) == order


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        {1: "a"},
        {None: "a"},
        {"é": 1, 2: 3},
        "\ud800",
        {"\udfff": 1},
        b"bytes",
        {"a"},
        object(),
    ],
)
def test_what_readers_could_understand_in_two_ways_has_none(value: Any) -> None:
    for nested in (value, [value], {"a": [value]}):
        with pytest.raises(ValueError, match=r"no canonical form|name of a member|surrogate"):
            canonical(nested)


@given(VALUES)
def test_what_is_read_back_is_what_was_written_and_has_the_same_text(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


@given(VALUES, st.booleans())
def test_what_is_written_so_is_known_as_canonical(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, sort_keys=True, separators=(",", ":"))
    assert is_canonical(canonical(value).decode())
    assert is_canonical(text) == (text.encode() == canonical(value))


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1.0", "1e3", "-0", "9007199254740992", "NaN", "[1,]", "[" * 100_000),
        *('{"b":1,"a":1}', '{"a":1,"a":1}', '{"a": 1}'),
        *('"\\u0041"', '{"\ufb33":1,"\U0001f600":1}'),
    ],
)
def test_another_spelling_is_not(text: str) -> None:
    assert not is_canonical(text)
