"""Languages: which one is spoken at the moment, and every text in it (GNU gettext, read by Babel).

A `Text` is written in English where it is needed and becomes the words of the language spoken when
it is shown; so a constant, a refusal and a page's title are all made the same way. The catalogs
are `translations/<language>.po`. Owns words and no decision: who is spoken to in what language
says the caller (`locale_choice` for a request, `notices` for a message).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date as date_type
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel.dates import format_date
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations

CATALOGS = Path(__file__).resolve().parent / "translations"

ENGLISH = "en"
LANGUAGES = {
    ENGLISH: "English",
    "mi": "Te reo Māori",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
}
"""Every language that is complete, and what its speakers call it."""
VOICES = {ENGLISH: "en-GB", "de": "de-DE", "fr": "fr-FR", "es": "es-ES"}
"""The languages in which a text can be read out by telephone, each with its voice (BCP 47)."""
_REGIONS = {ENGLISH: "en-NZ"}
_LOCALES = {ENGLISH: "en_NZ"}
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*"
)

_spoken: ContextVar[str | Callable[[], str]] = ContextVar("acrux_language", default=ENGLISH)


class Text:
    """A text in whatever language is spoken when it is shown; `english` is what a log may have."""

    __slots__ = ("_count", "_message", "_plural", "_values")

    def __init__(
        self, message: str, plural: str = "", count: int = 1, values: Mapping[str, object] = {}
    ) -> None:
        self._message = message
        self._plural = plural
        self._count = count
        self._values = values

    def __str__(self) -> str:
        if self._plural:
            text = ngettext(self._message, self._plural, self._count)
        else:
            text = gettext(self._message)
        return text % self._values if self._values else text

    def __repr__(self) -> str:
        return f"Text({self.english!r})"

    @property
    def english(self) -> str:
        """The same in English, whatever is spoken."""
        with speaking(ENGLISH):
            return str(self)

    @property
    def kept(self) -> tuple[str, dict[str, object]]:
        """What it can be stored as, and made of again: its message and values. It has no plural."""
        return self._message, dict(self._values)


class Either:
    """Some words, one of which is meant: `a passkey or text messages`."""

    style: Literal["or", "standard"] = "or"

    def __init__(self, words: "Iterable[Words]") -> None:
        self._words = tuple(words)

    def __str__(self) -> str:
        return format_list([str(one) for one in self._words], self.style, locale=_locale())


class Every(Either):
    """Some words, all of which are meant: `a passkey and text messages`."""

    style = "standard"


def around(number: int) -> list[str]:
    """Return what stands before, between and after so many words, all of which are meant.

    For whoever shows each apart: in one text, "a" and "b and c" are "a and b and c".
    """
    mark = "\0"
    return str(Every([mark] * number)).split(mark)


Words = str | Text
"""What a page may be given to show."""


def english(words: Words) -> str:
    """Return words as a log may have them."""
    return words.english if isinstance(words, Text) else words


def _(message: str, /, **values: object) -> Text:
    """Return a text with `%(name)s` filled in, when it is shown."""
    return Text(message, values=values)


def n_(singular: str, plural: str, num: int, /, **values: object) -> Text:
    """Return a text that depends on a number, which is `%(num)s` in it."""
    return Text(singular, plural, num, {"num": num, **values})


def joined(*sentences: Words) -> Text:
    """Return sentences one after the other, each in the language spoken when they are shown."""
    names = [f"s{i}" for i in range(len(sentences))]
    parts = " ".join(f"%({name})s" for name in names)
    return Text(parts, values=dict(zip(names, sentences, strict=True)))


def gettext(message: str) -> str:
    """Return `message` in the language spoken, with nothing filled in."""
    return _translations(spoken()).gettext(message)


def ngettext(singular: str, plural: str, num: int) -> str:
    """Return the form for `num` in the language spoken, with nothing filled in."""
    return _translations(spoken()).ngettext(singular, plural, num)


def spoken() -> str:
    """Return the language spoken: a key of `LANGUAGES`."""
    found = _spoken.get()
    if not isinstance(found, str):
        found = found()
        _spoken.set(found)
    return found


def tag() -> str:
    """Return the language spoken as a page names it (RFC 5646)."""
    return _REGIONS.get(spoken(), spoken())


def speak(language: str | Callable[[], str]) -> None:
    """Speak `language`, a key of `LANGUAGES`, from now on in this thread.

    A function is asked for it when something is first said: most answers say nothing to people.
    """
    _spoken.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` for a while."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def _locale() -> str:
    return _LOCALES.get(spoken(), spoken())


def day(date: date_type) -> str:
    """Return a date in words, such as `1 February 2027`."""
    return format_date(date, "long", locale=_locale())


def weekday(date: date_type) -> str:
    """Return a date with its day of the week, such as `Monday, 1 February 2027`."""
    return format_date(date, "full", locale=_locale())


def number(value: int) -> str:
    """Return a whole number as people write it, such as `1,250`."""
    return str(format_decimal(value, locale=_locale()))


def money(amount: Decimal, currency: str) -> str:
    """Return a sum with its currency (ISO 4217), and with all decimals that it has.

    Spelled out, because a sign such as $ is several countries'.
    """
    form = "¤¤\xa0#,##0.00"
    locale = _locale()
    return str(format_currency(amount, currency, form, locale, decimal_quantization=False))


def known(wish: str | None) -> str | None:
    """Return the language that a tag such as `de-AT` names; None for one not spoken here."""
    primary = (wish or "").replace("_", "-").partition("-")[0].lower()
    return primary if primary in LANGUAGES else None


def first_known(wishes: Iterable[str | None], otherwise: str = ENGLISH) -> str:
    """Return the first wish that can be met (RFC 4647 section 3.4)."""
    return next((found for wish in wishes if (found := known(wish))), otherwise)


def read_out(wish: str) -> str:
    """Return the language in which a text is read out to someone who wishes for `wish`."""
    return wish if wish in VOICES else ENGLISH


def accepted(header: str) -> list[str]:
    """Return the languages of an Accept-Language header, best first (RFC 9110 section 12.5.4)."""
    found = []
    for part in header[:500].split(","):
        match = _RANGE.fullmatch(part)
        quality = float(match[2] or 1) if match else 0.0
        if match and quality:
            found.append((-quality, match[1]))
    return [wish for _quality, wish in sorted(found, key=lambda one: one[0])]


@cache
def _translations(language: str) -> NullTranslations:
    """Read a catalog, once in a process."""
    if language == ENGLISH:
        return NullTranslations()
    binary = BytesIO()
    with (CATALOGS / f"{language}.po").open("rb") as file:
        write_mo(binary, read_po(file, locale=language))
    binary.seek(0)
    return Translations(binary)
