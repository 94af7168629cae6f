"""What an operator lets the mails of a stage say in the place of our words.

A text is checked before it is stored, and each change is an event with before and after. Whoever
writes on top of what someone else wrote meanwhile is told.
"""

import json
import unicodedata

from idp import audit, crypto
from idp.audit import Event
from idp.errors import GoneError
from idp.language import LANGUAGES, Words, _
from idp.messages import texts
from idp.policy.rollout import Stage
from idp.rollout.errors import StageChanged, StageError
from idp.rollout.mails.dates import LETTERS
from idp.rollout.mails.letters import ANY, BRACED, names_date, tidy
from idp.store.db import Work
from idp.store.rollout import letters, stages
from idp.store.rollout.letters import LetterRow

PLACEHOLDERS = ("name", "date", "brand", "link", "support")
OF_SUBJECT = ("name", "date", "brand")
LONGEST_SUBJECT = 150
LONGEST_BODY = 8000
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_BEFORE = 20
"""Characters of a text that show where in it something is."""


def checked(own: LetterRow, stage: Stage) -> LetterRow:
    """Return a text as it is stored, of which `stage` is to say it.

    Raises:
        StageError: it cannot be so; its `field` is one of `LetterRow`.
    """
    for check in _CHECKS:
        check(own)
    if stage.enforce_at is None and (field := names_date(own)):
        raise StageError(field, _("This stage has no date: leave {date} out."))
    return LetterRow(own.letter, own.language, texts.tidy(own.subject), tidy(own.body))


def mark(own: LetterRow | None) -> str:
    """Return what a text is recognised by when it is written over; "" for none."""
    return crypto.digest(json.dumps([own.subject, own.body])) if own else ""


def put(work: Work, stage: Stage, own: LetterRow, seen: str | None = None) -> None:
    """Let a stage say `own` from now on; `seen` is the `mark` of what was there to be read.

    Raises:
        StageError: the text cannot be so.
        GoneError: the stage was removed.
        StageChanged: it says something else than was seen.
    """
    after = checked(own, stage)
    before = _held(work, stage, own, seen)
    letters.put(work, stage.id, after)
    _record(work, stage, own, before, after)


def reset(work: Work, stage: Stage, own: LetterRow, seen: str | None = None) -> None:
    """Let a stage say again what is said by default where it says `own`; `seen` as for `put`.

    Raises:
        StageError: it does so already.
        GoneError: the stage was removed.
        StageChanged: it says something else than was seen.
    """
    before = _held(work, stage, own, seen)
    if not letters.remove(work, stage.id, own.letter, own.language):
        raise StageError("language", f"{stage.id} has no words of its own there")
    _record(work, stage, own, before, None)


def _held(work: Work, stage: Stage, own: LetterRow, seen: str | None) -> LetterRow | None:
    """Return the text that is there now, which no one else changes until this is done."""
    held = False
    while not held:
        # With the stage, so that nothing is written for one that is being removed.
        now = stages.by_id(work, stage.id)
        if now is None:
            raise GoneError(f"stage {stage.id} was removed a moment ago")
        held = stages.hold(work, now)
    before = letters.of(work, stage.id).get((own.letter, own.language))
    if seen is not None and seen != mark(before):
        raise StageChanged("body", f"the words of {stage.id} were changed meanwhile")
    return before


def _in_language(own: LetterRow) -> None:
    if own.language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise StageError("language", f"{own.language!r} is no language spoken here: {known}")
    if own.letter not in (ANY, *LETTERS):
        raise StageError("letter", f"{own.letter!r} is none of {', '.join(LETTERS)}")


def _is_there(own: LetterRow) -> None:
    if not own.subject.strip() or len(own.subject) > LONGEST_SUBJECT:
        raise StageError(
            "subject", _("Write a subject, of at most %(most)s characters.", most=LONGEST_SUBJECT)
        )
    if not own.body.strip() or len(own.body) > LONGEST_BODY:
        raise StageError(
            "body", _("Write a text, of at most %(most)s characters.", most=LONGEST_BODY)
        )


def _can_be_seen(own: LetterRow) -> None:
    for field, text, lines in (("subject", own.subject, ""), ("body", own.body, "\r\n\t")):
        allowed = texts.JOINERS + lines
        for place, sign in enumerate(text):
            if unicodedata.category(sign) in _UNSEEN and sign not in allowed:
                before = texts.tidy(text[max(0, place - _BEFORE) : place])
                raise StageError(field, _unseen(f"U+{ord(sign):04X}", before))


def _unseen(code: str, before: str) -> Words:
    return _(
        "Remove the sign that cannot be seen (%(code)s) after “%(text)s”.", code=code, text=before
    )


def _placeholders(own: LetterRow) -> None:
    for field, text, known in (
        ("subject", own.subject, OF_SUBJECT),
        ("body", own.body, PLACEHOLDERS),
    ):
        if strangers := sorted(set(BRACED.findall(text)) - set(known)):
            raise StageError(
                field,
                _(
                    "Nothing stands for %(strangers)s here. You can use %(known)s.",
                    strangers=_braced(strangers),
                    known=_braced(known),
                ),
            )
    if "{link}" not in own.body:
        raise StageError("body", _("Write {link} where the address for setting it up goes."))


_CHECKS = (_in_language, _is_there, _can_be_seen, _placeholders)


def _braced(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _record(
    work: Work, stage: Stage, own: LetterRow, before: LetterRow | None, after: LetterRow | None
) -> None:
    what = "own words" if after else "default words"
    audit.record(
        work,
        Event.STAGE_WORDS_CHANGED,
        reason=f"{stage.id}, {own.letter or 'every mail'}, {own.language}: {what}",
        stage=stage.id,
        letter=own.letter,
        language=own.language,
        before=_said(before),
        after=_said(after),
    )


def _said(own: LetterRow | None) -> dict[str, str] | None:
    return {"subject": own.subject, "body": own.body} if own else None
