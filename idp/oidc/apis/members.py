"""What a member of a detail may hold: a table of kinds, each with its check.

Everything that is let in here is shown to a person, so each kind is short, and plain in any
language. Numbers are whole: a sum of money is a text with its decimals, as accounts write it.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Words = Mapping[str, str]
"""A text by language: keys of `language.LANGUAGES`."""
LONGEST = 200
"""Characters of a text."""
MOST = 10
"""Texts of a list."""
GREATEST = 10**15
"""Of a number: every reader of JSON keeps it whole (RFC 7493 section 2.2)."""
_AMOUNT = re.compile(r"-?\d{1,12}(?:\.\d{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159")
"""Letters and signs that show nothing: of these alone there is no text."""
_HIDDEN = re.compile(
    "[\u034f\u17b4\u17b5\u180b-\u180d\u180f\ufe00-\ufe0f\U00016fe4\U000e0100-\U000e01ef]"
)
"""Marks that show nothing themselves: selectors of variations, and joiners."""
_STACKED = 3
"""Marks on one letter: no language writes more, and a heap of them covers the lines around it."""


@dataclass(frozen=True)
class Member:
    """A member that every detail of a type has."""

    kind: str
    choices: Mapping[str, Words] = field(default_factory=dict)
    """What may be chosen, each with its words; of a choice alone."""


def readable(text: str) -> bool:
    """Return True of a text that shows as it is: no control and no direction in it, no heap.

    It has at least one letter, number or sign that shows.
    """
    if not text.isprintable() or _HIDDEN.search(text):
        return False
    stacked, shows = 0, False
    for character in text:
        mark = unicodedata.category(character) in ("Mn", "Me")
        stacked = stacked + 1 if mark or unicodedata.combining(character) else 0
        if stacked > _STACKED:
            return False
        shows = shows or _shows(character)
    return shows


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def _text(value: Any, _member: Member) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST and readable(value)


def _number(value: Any, _member: Member) -> bool:
    return type(value) is int and abs(value) <= GREATEST


def _money(value: Any, _member: Member) -> bool:
    if not isinstance(value, dict) or value.keys() != {"amount", "currency"}:
        return False
    amount, currency = value["amount"], value["currency"]
    if not isinstance(amount, str) or not isinstance(currency, str):
        return False
    ascii_alone = amount.isascii() and currency.isascii()
    return ascii_alone and bool(_AMOUNT.fullmatch(amount) and _CURRENCY.fullmatch(currency))


def _day(value: Any, _member: Member) -> bool:
    if not isinstance(value, str) or not value.isascii() or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _choice(value: Any, member: Member) -> bool:
    return isinstance(value, str) and value in member.choices


def _texts(value: Any, member: Member) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= MOST
        and all(_text(one, member) for one in value)
    )


KINDS: Mapping[str, Callable[[Any, Member], bool]] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "date": _day,
    "choice": _choice,
    "texts": _texts,
}
"""Each kind of member, and what tells whether a value is one."""


def fits(value: Any, member: Member) -> bool:
    """Return True if a member may hold this value."""
    return KINDS[member.kind](value, member)
