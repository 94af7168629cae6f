"""What a mail ahead of a stage's date says: our words, or those that an operator wrote for it.

A text of an operator's has placeholders, which are checked when it is stored (`own_words`); nothing
else in it means anything. Owns the words, never who gets them or when.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from idp import language, moments
from idp.messages import texts
from idp.messages.look import Looks
from idp.policy.rollout import Stage
from idp.rollout.mails.dates import ANNOUNCED
from idp.settings.values import Settings
from idp.store.rollout.letters import LetterRow

ANY = ""
"""In the place of a letter's name: a text that stands for all of them."""
LONGEST_NAME = 80
"""What is mailed of a name, in characters, as in `templates/messages/hello.txt`."""
BRACED = re.compile(r"\{([^{}\n]*)\}")
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

    def __init__(self, settings: Settings, looks: Looks) -> None:
        self._settings = settings
        self._looks = looks

    def write(
        self, own: Mapping[tuple[str, str], LetterRow], stage: Stage, letter: str, to: Reader
    ) -> tuple[str, str]:
        """Return subject and body in the language spoken; `own` are the stage's own words.

        Own words that name a date are not said of a stage that has none any more.
        """
        spoken = language.spoken()
        found = own.get((letter, spoken)) or own.get((ANY, spoken))
        if found is not None and (stage.enforce_at is not None or not names_date(found)):
            return self.filled(found, stage, to)
        return texts.render("mail", f"stage-{letter}", self._values(stage, to))

    def template(self, stage: Stage, letter: str) -> tuple[str, str]:
        """Return our words, with placeholders: what an operator's text begins as.

        Every mail of a stage (`ANY`) begins as its announcement.
        """
        held = {name: f"{{{name}}}" for name in ("name", "brand", "link")}
        date = {"date": "{date}"} if stage.enforce_at is not None else {}
        values = self._values(stage, Reader("")) | held | date
        subject, body = texts.render("mail", f"stage-{letter or ANNOUNCED}", values)
        support = texts.part("help", dict(self._looks.now().brand.support))
        return subject, body.replace(support, "{support}")

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
            **self._looks.now().brand.support,
        }

    def filled(self, own: LetterRow, stage: Stage, to: Reader) -> tuple[str, str]:
        """Return subject and body of an operator's text, whose placeholders are all known."""
        brand = self._looks.now().brand
        values = {
            "name": _short(texts.tidy(to.name)),
            "date": date_of(stage),
            "brand": texts.tidy(brand.name),
            "link": self._settings.server.issuer + SET_UP,
            "support": texts.part("help", dict(brand.support)),
        }

        def fill(text: str) -> str:
            return BRACED.sub(lambda found: values[found[1]], text)

        return texts.tidy(fill(own.subject)), tidy(fill(own.body)) + "\n"


def date_of(stage: Stage) -> str:
    """Return a stage's date in words, in its own zone; "" where it has none."""
    return "" if stage.enforce_at is None else moments.beginning(stage.enforce_at, stage.zone)


def names_date(own: LetterRow) -> str:
    """Return in which field a text has the date: `subject`, `body`, or "" for neither."""
    fields = {"subject": own.subject, "body": own.body}
    return next((field for field, text in fields.items() if "{date}" in text), "")


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def tidy(body: str) -> str:
    """Return a text whose lines hold nothing invisible; empty lines are kept, one at a time."""
    lines = "\n".join(texts.tidy(line) for line in body.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()
