"""What a stage's mails say: each in each language, whose words they are, and as they arrive."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort

from idp import web
from idp.installation import Installation
from idp.language import LANGUAGES, Words, _
from idp.operating import cases
from idp.operating.rollout.mails import LetterRow, RolloutMails, kinds_of
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.rollout import in_words
from idp.pages.admin.rollout.board import PATH, stage_path
from idp.pages.admin.rollout.stage_form import found as stage_of
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout.mails.dates import ANNOUNCED, LETTERS, REMINDER, TODAY, TOMORROW
from idp.rollout.mails.letters import ANY, Reader
from idp.signin.interaction import Authorized

EVERY = "every"
"""What `ANY` is called in an address."""
NAMES: Mapping[str, Words] = {
    ANY: _("Every e-mail"),
    ANNOUNCED: _("Announcement"),
    REMINDER: _("Reminder"),
    TOMORROW: _("The day before"),
    TODAY: _("On the day"),
}
ADDRESS = (
    "/rollout/stages/<stage_id>/letters"
    f"/<any({', '.join((EVERY, *LETTERS))}):letter>/<any({', '.join(LANGUAGES)}):spoken>"
)
OWN = _("Words of this stage")
DEFAULT = _("The usual words")


@dataclass(frozen=True)
class Place:
    """Where a text of a stage stands: in which of its mails, in which language."""

    stage: Stage
    letter: str
    """One of `LETTERS`, or `ANY`."""
    spoken: str

    @property
    def path(self) -> str:
        """Its address."""
        return path_of(self.stage.id, self.letter or EVERY, self.spoken)

    @property
    def title(self) -> Words:
        """Its heading."""
        return _("%(mail)s: %(language)s", mail=NAMES[self.letter], language=LANGUAGES[self.spoken])


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of what a stage's mails say."""
    known = cases.of(installation).rollout_mails

    @views.get("/rollout/stages/<stage_id>/letters")
    @entry.reads(installation, overview_path, Action.ROLLOUT_READ)
    def letters_of(who: Authorized, stage_id: str) -> Response:
        return _overview(installation, known, who, stage_of(stage_id))

    @views.get(ADDRESS)
    @entry.reads(installation, path_of, Action.ROLLOUT_READ)
    def letter_of(who: Authorized, stage_id: str, letter: str, spoken: str) -> Response:
        return _show(installation, known, who, found(stage_id, letter, spoken))


def overview_path(stage_id: str) -> str:
    """Return the address of all that a stage's mails say."""
    return stage_path(stage_id, "letters")


def path_of(stage_id: str, letter: str, spoken: str) -> str:
    """Return the address of one text."""
    return f"{overview_path(stage_id)}/{letter}/{spoken}"


def found(stage_id: str, letter: str, spoken: str) -> Place:
    """Return the place that an address names; the page of what is not there otherwise."""
    stage = stage_of(stage_id)
    kind = ANY if letter == EVERY else letter
    if kind not in kinds_of(stage):
        abort(404)
    return Place(stage, kind, spoken)


def arrives(
    known: RolloutMails, who: Authorized, place: Place, own: LetterRow | None = None
) -> dict[str, str]:
    """Return a mail as whoever looks would get it; it says `own` where that is given.

    Raises:
        StageError: it cannot say that.
    """
    work, by, reader = web.work(), actor(who), Reader(who.person.name)
    if own is not None:
        subject, body = known.as_written(work, by, place.stage.id, own, reader)
    else:
        found = known.one(work, by, place.stage.id, place.letter, place.spoken, reader)
        subject, body = found.subject, found.body
    return {"subject": subject, "body": body, "spoken": place.spoken}


def _overview(
    installation: Installation, known: RolloutMails, who: Authorized, stage: Stage
) -> Response:
    stored = known.own(web.work(), actor(who), stage.id)
    return frame.show(
        "rollout/letters",
        who,
        place=PATH,
        title=_("What the e-mails say"),
        sentence=in_words.sentence(web.work(), installation.signin.rules, stage),
        spoken=LANGUAGES,
        rows=[_row(stage, kind, stored) for kind in kinds_of(stage)],
        back=stage_path(stage.id),
    )


def _row(stage: Stage, kind: str, stored: Mapping[tuple[str, str], LetterRow]) -> dict[str, Any]:
    return {
        "mail": NAMES[kind],
        "texts": [
            {
                "url": Place(stage, kind, code).path,
                "spoken": code,
                "says": _whose(kind, code, stored),
            }
            for code in LANGUAGES
        ],
    }


def _whose(kind: str, spoken: str, stored: Mapping[tuple[str, str], LetterRow]) -> Words:
    """Return whose words a mail has."""
    if (kind, spoken) in stored:
        return OWN
    return _("As every e-mail") if (ANY, spoken) in stored else DEFAULT


def _show(
    installation: Installation, known: RolloutMails, who: Authorized, place: Place
) -> Response:
    stored = known.own(web.work(), actor(who), place.stage.id)
    return frame.show(
        "rollout/letter",
        who,
        place=PATH,
        title=place.title,
        sentence=in_words.sentence(web.work(), installation.signin.rules, place.stage),
        whose=_whose(place.letter, place.spoken, stored),
        arrives=arrives(known, who, place),
        edit=f"{place.path}/edit",
        back=overview_path(place.stage.id),
    )
