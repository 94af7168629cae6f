"""How texts are written, as far as a machine can tell: docs/architecture.md, "How we write"."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.unit.test_languages import ROOT, said

BETTER = {
    # jargon
    r"cookies?": "what the browser remembers",
    r"demand(s|ed)?": "requires",
    r"rules?": "who requires it",
    r"levels?": "what is needed: a second step",
    r"factors?": "a second step, a way to sign in",
    r"interactions?|sessions?": "the sign-in, being signed in",
    r"enrol\w*": "set up",
    r"credentials?|authenticat(e|ion)|MFA|2FA": "a way to sign in, a second step",
    r"log(ged)? ?(in|on|out)": "sign in, sign out",
    # one word for one thing
    r"go(es)? on": "continue",
    r"withdr(aw|ew)\w*": "remove the access",
    r"set anew": "reset",
    r"(?<!e-)mail(s|ed|ing)?": "e-mail",
    r"look at": "check",
    r"takes? away": "remove",
    r"stands? here": "appears here",
    r"try later|again later": "at which time, or not now",
    r"begin again": "start again",
    r"false page": "fake page",
    # blame, and alarm
    r"(wrong|invalid|illegal) (password|code|name|number|address)": "did not match, is not known",
    r"you (failed|forgot to|must)": "what to do",
    r"locked down": "signed out everywhere",
    # a time by the clock, where someone has to wait
    r"again in (an?|\w+) (minutes?|hours?)": "at which time, and what to do until then",
}
"""What is not said, and what is said instead; on the left a pattern of whole words."""
KEPT = {
    "Try again later, or tell the people who run the application.": "nobody knows when",
}
"""Texts that say such a word all the same, and why."""


@cache
def english() -> set[str]:
    """Return every text for people, without the names of the values filled in."""
    found = said()
    texts = {one for text in found for one in (text if isinstance(text, tuple) else (text,))}
    return {re.sub(r"%\(\w+\)s", "…", text) for text in texts - KEPT.keys()}


@pytest.mark.slow
@pytest.mark.parametrize(("phrase", "better"), BETTER.items())
def test_no_text_for_people_says(phrase: str, better: str) -> None:
    pattern = re.compile(rf"\b(?:{phrase})\b", re.IGNORECASE)
    assert [text for text in english() if pattern.search(text)] == [], f"better: {better}"


def test_what_is_said_all_the_same_is_still_said() -> None:
    assert KEPT.keys() <= said()


def test_nothing_is_shouted() -> None:
    assert [text for text in english() if "!" in text] == []


@pytest.mark.parametrize(
    "file", sorted((ROOT / "templates").rglob("*.*")), ids=lambda file: file.name
)
def test_no_words_stand_in_a_template_beside_the_catalogs(file: Path) -> None:
    """`make texts` finds what is in `_(…)`; what is not is read in English by everyone."""
    ids = r"\{% (block|set) (main_id|wide|described) %\}.*?\{% end(block|set)"
    text = re.sub(ids, "{%", file.read_text())
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", " ", text, flags=re.S)
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>|&\w+;|^Subject:", " ", text, flags=re.S)
    assert re.findall(r"[A-Za-z]{2,}", text) == []
