"""Languages: every catalog is complete, every text keeps its values, every wish is understood."""

import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from idp import language
from idp.language import LANGUAGES, Either, _, n_
from idp.messages import texts as messages
from tests.unit.messages.test_texts import KINDS, SMS, segments, sms

ROOT = Path(__file__).parents[2]
OTHERS = sorted(set(LANGUAGES) - {"en"})
each_language = pytest.mark.parametrize("code", OTHERS)


@cache
def said() -> frozenset[str | tuple[str, ...]]:
    """Return every text of the source, as `make texts` finds them, read once."""
    with (ROOT / "idp/translations/babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "n_": (1, 2)}
    found: set[str | tuple[str, ...]] = set()
    for folder in ("idp", "templates"):
        # Patterns of the mapping begin at the root.
        rows = extract_from_dir(
            ROOT / folder,
            [(p.removeprefix(f"{folder}/"), m) for p, m in methods if p.startswith(folder)],
            {p.removeprefix(f"{folder}/"): o for p, o in options.items()},
            keywords=keywords,
        )
        found |= {row[2] for row in rows}
    return frozenset(found)


@cache
def catalog(code: str) -> tuple[Message, ...]:
    with (ROOT / f"idp/translations/{code}.po").open("rb") as file:
        return tuple(message for message in read_po(file, locale=code) if message.id)


def texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value or ""),)


@pytest.mark.slow
@each_language
def test_every_text_of_pages_and_messages_stands_in_every_catalog(code: str) -> None:
    known = {message.id for message in catalog(code)}
    assert said() - known == set(), "run make texts, then translate"
    assert known - said() == set(), "run make texts"


@each_language
def test_nothing_is_left_untranslated_or_in_doubt(code: str) -> None:
    missing = [m.id for m in catalog(code) if m.fuzzy or not all(texts(m.string))]
    assert missing == []


@each_language
def test_what_is_counted_has_a_form_for_every_number(code: str) -> None:
    with (ROOT / f"idp/translations/{code}.po").open("rb") as file:
        found = read_po(file, locale=code)
    counted = {m.id: len(texts(m.string)) for m in found if isinstance(m.id, tuple)}
    assert counted
    assert {name: forms for name, forms in counted.items() if forms != found.num_plurals} == {}


@each_language
def test_every_translation_keeps_the_values_that_are_filled_in(code: str) -> None:
    def values(text: str) -> list[str]:
        return sorted(set(re.findall(r"%\(\w+\)s|%(?!\(\w+\)s|%)", text)))

    for message in catalog(code):
        for text in texts(message.string):
            assert values(text) == values(texts(message.id)[-1]), message.id


@each_language
def test_a_catalog_is_not_the_english_one(code: str) -> None:
    found = list(catalog(code))
    same = [m.id for m in found if texts(m.string)[0] == texts(m.id)[0] and " " in texts(m.id)[0]]
    assert len(same) < len(found) / 50, same


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(("channel", "kind", "values"), KINDS)
def test_every_message_can_be_written_in_every_language(
    code: str, channel: str, kind: str, values: dict[str, object]
) -> None:
    with language.speaking(code):
        subject, body = messages.render(channel, kind, {"minutes": 10, **values})
    assert "%(" not in subject + body
    if code != "en" and channel == "mail":
        assert (subject, body) != messages.render(channel, kind, {"minutes": 10, **values})


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("kind", ["sms-code", "sms-proof-code"])
def test_a_typical_text_message_is_one_segment_in_every_language(code: str, kind: str) -> None:
    link = "https://id.hs.nz/n/" + "x" * 22
    host = "securepass.health-system-services.co.nz1"
    assert len(host) == 40
    with language.speaking(code):
        text = sms(kind, brand="HealthSafe", host="id.hs.nz", not_me=link)
        far = sms(kind, brand="HSafe", host=host, not_me=f"https://{host}/n/" + "x" * 22)
        longest = sms(kind, **{**SMS, "brand": "Canterbury District Hospitals"})
    assert segments(text) == 1, text
    assert segments(far) == 1, far
    assert "Canterbury District Hospitals" in longest, "a name is never cut"
    assert text.endswith("\n@id.hs.nz #493817")


@pytest.mark.parametrize(
    ("header", "wishes"),
    [
        ("de", ["de"]),
        ("fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5", ["fr", "fr", "en"]),
        ("en;q=0.1, mi", ["mi", "en"]),
        ("es;q=0", []),
        ("es;q=2, de;q=0.3", ["de"]),
        ("zh-Hant-TW", ["zh"]),
        ("", []),
        ("\u00e9;;;q=,,q=1,\x00", []),
        ("de;q=0.5" * 10_000, []),
    ],
)
def test_a_browsers_wishes_are_read_in_their_order(header: str, wishes: list[str]) -> None:
    assert language.accepted(header) == wishes


def test_the_first_wish_that_can_be_met_is_met() -> None:
    assert language.first_known([None, "", "tlh", "de-AT", "fr"]) == "de"
    assert language.first_known(["ja"], "mi") == "mi"
    assert language.first_known(["MI_nz"]) == "mi"


def test_a_text_is_said_in_the_language_spoken_when_it_is_shown_and_logged_in_english() -> None:
    text = n_("You have %(num)s code left.", "You have %(num)s codes left.", 2)
    with language.speaking("de"):
        assert str(text) != text.english == "You have 2 codes left."
    assert str(text) == "You have 2 codes left."
    assert str(_("no catalog has %(this)s", this=_("Sign in"))) == "no catalog has Sign in"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", "1 February 2027"),
        ("mi", "1 Pēpuere 2027"),
        ("de", "1. Februar 2027"),
        ("fr", "1 février 2027"),
        ("es", "1 de febrero de 2027"),
    ],
)
def test_dates_are_written_as_the_language_writes_them(code: str, words: str) -> None:
    with language.speaking(code):
        assert language.day(date(2027, 2, 1)) == words


@pytest.mark.parametrize(
    ("code", "words"), [("en", "a, b or c"), ("de", "a, b oder c"), ("fr", "a, b ou c")]
)
def test_one_of_several_is_said_as_the_language_says_it(code: str, words: str) -> None:
    with language.speaking(code):
        assert str(Either(["a", "b", "c"])) == words


def test_every_language_names_itself() -> None:
    assert list(LANGUAGES) == ["en", "mi", "de", "fr", "es"]
    assert {file.stem for file in (ROOT / "idp/translations").glob("*.po")} == set(OTHERS)
