"""What a person is asked to agree to once, in the reader's language: a payment, a pay run.

Owns how values are written out. What a value may be, `oidc.apis.members` has checked; here each
stands apart from the words around it, so that none can pass for a part of the sentence.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from idp import language
from idp.signin.demand import Deed

_HOLE = re.compile(r"\{(\w+)\}")


class Part(NamedTuple):
    """Some words of a sentence; `value`: they are what was asked, and not the operator's."""

    text: str
    value: bool = False


def sentence(deed: Deed) -> list[Part]:
    """Return the sentence of a deed, part by part."""
    return [part for part in _parts(deed) if part.text]


def said(words: Mapping[str, str]) -> str:
    """Return words in the language spoken, or in English, or in whatever there is."""
    return words.get(language.spoken()) or words.get(language.ENGLISH) or next(iter(words.values()))


def _parts(deed: Deed) -> Iterator[Part]:
    for at, piece in enumerate(_HOLE.split(said(deed.words))):
        if at % 2 == 0:
            yield Part(piece)
        else:
            yield from _values(deed.values[piece])


def _values(held: Mapping[str, Any]) -> Iterator[Part]:
    """Yield what was asked; of several texts each for itself, so that none passes for two."""
    if held["kind"] != "texts":
        yield Part(_written(held), value=True)
        return
    before, *after = language.around(len(held["value"]))
    yield Part(before)
    for text, following in zip(held["value"], after, strict=True):
        yield Part(text, value=True)
        yield Part(following)


def _written(held: Mapping[str, Any]) -> str:
    kind, value = held["kind"], held["value"]
    if kind == "money":
        return language.money(Decimal(value["amount"]), value["currency"])
    if kind == "number":
        return language.number(value)
    if kind == "date":
        return language.day(date.fromisoformat(value))
    return said(value) if kind == "choice" else str(value)
