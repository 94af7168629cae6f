"""What a mail ahead of a stage's date says: our words, or those that an operator wrote for it.

A text of an operator's has placeholders, which are checked when it is stored; nothing else in it
means anything. Owns the words, never who gets them or when.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from typing import Any

from idp import audit, language, moments
from idp.audit import Event
from idp.language import LANGUAGES
from idp.messages import texts
from idp.policy.rollout import Stage
from idp.rollout.errors import StageError
from idp.rollout.mails.dates import LETTERS
from idp.settings.values import Settings
from idp.store.db import Work
from idp.store.rollout import letters
from idp.store.rollout.letters import LetterRow

ANY = ""
"""In the place of a letter's name: a text that stands for all of them."""
PLACEHOLDERS = ("name", "date", "brand", "link", "support")
OF_SUBJECT = ("name", "date", "brand")
LONGEST_NAME = 80
"""What is mailed of a name, in characters, as in `templates/messages/hello.txt`."""
LONGEST_SUBJECT = 150
LONGEST_BODY = 8000
_BRACED = re.compile(r"\{([^{}\n]*)\}")
SET_UP, DETAILS = "/account/ways", "/account/details"
"""Where the links lead: pages behind a sign-in. The links carry no right."""


@dataclass(frozen=True)
class Reader:
    """Whom a mail is written to."""

    name: str
    privileged: bool = False
    moved: bool = False
    """They were told another date before."""


class Letters:
    """The mails of the stages of one installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def write(
        self, own: Mapping[tuple[str, str], LetterRow], stage: Stage, letter: str, to: Reader
    ) -> tuple[str, str]:
        """Return subject and body in the language spoken; `own` are the stage's own words."""
        spoken = language.spoken()
        found = own.get((letter, spoken)) or own.get((ANY, spoken))
        if found is not None:
            return self._filled(found, stage, to)
        return texts.render("mail", f"stage-{letter}", self._values(stage, to))

    def _values(self, stage: Stage, to: Reader) -> dict[str, object]:
        issuer, said = self._settings.server.issuer, stage.why
        own = said.get(language.spoken()) or said.get(language.ENGLISH) or ""
        return {
            "brand": self._settings.brand.name,
            "name": to.name,
            "date": date_of(stage),
            "required": stage.required,
            "why": own or next(iter(said.values()), ""),
            "guidance": stage.guidance,
            "privileged": to.privileged,
            "moved": to.moved,
            "link": issuer + SET_UP,
            "details": issuer + DETAILS,
            **self._settings.brand.support,
        }

    def _filled(self, own: LetterRow, stage: Stage, to: Reader) -> tuple[str, str]:
        brand = self._settings.brand
        values = {
            "name": shorten(texts.tidy(to.name), LONGEST_NAME, placeholder="…"),
            "date": date_of(stage),
            "brand": texts.tidy(brand.name),
            "link": self._settings.server.issuer + SET_UP,
            "support": texts.part("help", dict(brand.support)),
        }

        def fill(text: str) -> str:
            return _BRACED.sub(lambda found: values[found[1]], text)

        return texts.tidy(fill(own.subject)), _tidy(fill(own.body)) + "\n"

    # -- own words

    def put(self, work: Work, stage: Stage, own: LetterRow) -> None:
        """Let a stage say `own` from now on.

        Raises:
            StageError: the text cannot be so.
        """
        checked = LetterRow(own.letter, own.language, texts.tidy(own.subject), _tidy(own.body))
        for check in _CHECKS:
            check(checked)
        letters.put(work, stage.id, checked)
        _record(work, stage, checked, "own words", subject=checked.subject, body=checked.body)

    def reset(self, work: Work, stage: Stage, letter: str, spoken: str) -> None:
        """Let a stage say again what is said by default.

        Raises:
            StageError: it does so already.
        """
        if not letters.remove(work, stage.id, letter, spoken):
            raise StageError("language", f"{stage.id} has no words of its own there")
        _record(work, stage, LetterRow(letter, spoken, "", ""), "default words")


def date_of(stage: Stage) -> str:
    """Return a stage's date in words, with the time when it is not the beginning of a day."""
    if stage.enforce_at is None:
        return ""
    day = moments.date_in(stage.enforce_at, stage.zone)
    if moments.midnight(day, stage.zone) == stage.enforce_at:
        return language.weekday(day)
    there = datetime.fromtimestamp(stage.enforce_at, moments.zone(stage.zone))
    return f"{language.weekday(day)}, {there:%H:%M %Z}"


def _tidy(body: str) -> str:
    """Return a text whose lines hold nothing invisible; empty lines are kept, one at a time."""
    lines = "\n".join(texts.tidy(line) for line in body.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _in_language(own: LetterRow) -> None:
    if own.language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise StageError("language", f"{own.language!r} is no language spoken here: {known}")
    if own.letter not in (ANY, *LETTERS):
        raise StageError("letter", f"{own.letter!r} is none of {', '.join(LETTERS)}")


def _is_there(own: LetterRow) -> None:
    if not own.subject or len(own.subject) > LONGEST_SUBJECT:
        raise StageError("subject", f"a mail needs a subject, of {LONGEST_SUBJECT} characters")
    if not own.body or len(own.body) > LONGEST_BODY:
        raise StageError("body", f"a mail needs a text, of {LONGEST_BODY} characters at most")


def _placeholders(own: LetterRow) -> None:
    for field, text, known in (
        ("subject", own.subject, OF_SUBJECT),
        ("body", own.body, PLACEHOLDERS),
    ):
        if strangers := sorted(set(_BRACED.findall(text)) - set(known)):
            named = ", ".join(f"{{{one}}}" for one in strangers)
            there = ", ".join(f"{{{one}}}" for one in known)
            raise StageError(field, f"the {field} knows no {named}; it may have {there}")
    if "{link}" not in own.body:
        raise StageError("body", "the text needs {link}, which leads to the set-up")


_CHECKS = (_in_language, _is_there, _placeholders)


def _record(work: Work, stage: Stage, own: LetterRow, reason: str, **values: str) -> None:
    said = f"{stage.id}, {own.letter or 'every mail'}, {own.language}: {reason}"
    what: dict[str, Any] = {"letter": own.letter, "language": own.language, **values}
    audit.record(work, Event.STAGE_WORDS_CHANGED, reason=said, stage=stage.id, **what)
