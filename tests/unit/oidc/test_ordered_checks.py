"""A table of checks: in order, each handed what it names; one that does not fit fails at import."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from idp.oidc.authorize.ordered_checks import OrderedChecks


@dataclass(frozen=True)
class Given:
    text: str


@dataclass(frozen=True)
class Found:
    words: tuple[str, ...]
    first: str


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def none_is_empty(words: tuple[str, ...]) -> None:
    if not words:
        raise ValueError("no words")


def first(words: tuple[str, ...]) -> str:
    return words[0]


def text() -> str:
    return "another"


def counted(words: int) -> int:
    return words


def test_each_check_is_handed_what_it_names_and_all_that_is_found_is_one_value() -> None:
    table = OrderedChecks(Given, Found, (words, none_is_empty, first))
    assert table.run(Given("one two")) == Found(("one", "two"), "one")


def test_the_first_check_that_finds_fault_is_the_last_that_runs() -> None:
    with pytest.raises(ValueError, match="no words"):
        OrderedChecks(Given, Found, (words, none_is_empty, first)).run(Given(""))


@pytest.mark.parametrize(
    ("checks", "why"),
    {
        "an order that cannot be": ((first, words), "first needs words"),
        "a value that nothing finds": ((words,), "Found needs first"),
        "another type": ((words, counted, first), "counted needs words: <class 'int'>"),
        "a name twice": ((words, text, first), "text is there already"),
    }.values(),
)
def test_a_table_that_does_not_fit_is_none(
    checks: tuple[Callable[..., object], ...], why: str
) -> None:
    with pytest.raises(TypeError, match=why):
        OrderedChecks(Given, Found, checks)
