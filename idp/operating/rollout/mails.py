"""The mails ahead of a stage's date: what they say, what became of each, and whom to call instead.

Owns who may; the words and their checks are `idp.rollout.mails`'.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from idp import clock, language
from idp.installation import Installation
from idp.language import LANGUAGES
from idp.operating.actor import Actor, acts
from idp.operating.refusals import Changed, Conflict
from idp.operating.rollout.stages import seen_stage
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout.errors import StageChanged, StageError
from idp.rollout.mails import call_list, own_words
from idp.rollout.mails.call_list import Bounced, Missing, Part
from idp.rollout.mails.dates import ANNOUNCED, LETTERS, NO_DATE
from idp.rollout.mails.letters import ANY, Reader
from idp.rollout.mails.notices import PREFIX
from idp.store.db import Work
from idp.store.messages import outbox
from idp.store.rollout import letters, notice_reports
from idp.store.rollout.letters import LetterRow
from idp.store.rollout.notice_reports import CountRow, NoticeRow

SAMPLE = Reader("Aroha")
"""Whom a mail is shown to be written to, where nobody is named."""
NOTHING = "none"
"""The version of our words."""
TEST_LIFETIME = 3600
Own = Mapping[tuple[str, str], LetterRow]


@dataclass(frozen=True)
class Letter:
    """A mail of a stage in one language: what stands for it, and how it arrives."""

    letter: str
    """One of `LETTERS`, or `ANY`."""
    language: str
    own: LetterRow | None
    subject: str
    body: str

    @property
    def version(self) -> str:
        """Return what is another one after every change of the words."""
        return own_words.mark(self.own) or NOTHING


class RolloutMails:
    """The mails of the stages of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._notices = installation.notices
        self._post = installation.post

    # -- what they say

    @acts(Action.ROLLOUT_READ)
    def own(self, work: Work, _actor: Actor, stage_id: str) -> Own:
        """Return what a stage says in the place of our words, by letter and language.

        Raises:
            NotFound: there is no such stage.
        """
        return letters.of(work, seen_stage(work, stage_id, None).id)

    @acts(Action.ROLLOUT_READ)
    def one(
        self,
        work: Work,
        _actor: Actor,
        stage_id: str,
        letter: str,
        spoken: str,
        reader: Reader = SAMPLE,
    ) -> Letter:
        """Return a mail as it arrives; one that stands for all, as the announcement.

        Raises:
            NotFound: there is no such stage.
            StageError: it sends no such mail, or in no such language.
        """
        stage = seen_stage(work, stage_id, None)
        _sent(stage, letter, spoken)
        own = letters.of(work, stage.id)
        with language.speaking(spoken):
            said = self._notices.letters.write(own, stage, letter or ANNOUNCED, reader)
        return Letter(letter, spoken, own.get((letter, spoken)), *said)

    @acts(Action.ROLLOUT_READ)
    def as_written(
        self, work: Work, _actor: Actor, stage_id: str, own: LetterRow, reader: Reader = SAMPLE
    ) -> tuple[str, str]:
        """Return how a text would arrive that is stored nowhere yet.

        Raises:
            NotFound: there is no such stage.
            StageError: it cannot be so.
        """
        stage = seen_stage(work, stage_id, None)
        checked = own_words.checked(own, stage)
        with language.speaking(own.language):
            return self._notices.letters.filled(checked, stage, reader)

    @acts(Action.ROLLOUT_READ)
    def template(
        self, work: Work, _actor: Actor, stage_id: str, letter: str, spoken: str
    ) -> LetterRow:
        """Return our words with their placeholders: what an own text begins as.

        Raises:
            NotFound: there is no such stage.
        """
        stage = seen_stage(work, stage_id, None)
        with language.speaking(spoken):
            return LetterRow(letter, spoken, *self._notices.letters.template(stage, letter))

    @acts(Action.ROLLOUT_CHANGE)
    def say(
        self, work: Work, _actor: Actor, stage_id: str, own: LetterRow, *, seen: str | None = None
    ) -> None:
        """Let a stage say this from now on; `seen` is the version of what was read.

        Raises:
            NotFound, Changed: there is no such stage, or somebody else was faster.
            StageError: it cannot be so.
        """
        stage = seen_stage(work, stage_id, None)
        own_words.checked(own, stage)
        try:
            own_words.put(work, stage, own, _mark(seen))
        except StageChanged as error:
            raise Changed(str(error)) from None

    @acts(Action.ROLLOUT_CHANGE)
    def unsay(
        self,
        work: Work,
        _actor: Actor,
        stage_id: str,
        letter: str,
        spoken: str,
        *,
        seen: str | None = None,
    ) -> None:
        """Let a stage say our words again.

        Raises:
            NotFound, Changed: there is no such stage, or somebody else was faster.
            Conflict: it does so already.
        """
        stage = seen_stage(work, stage_id, None)
        try:
            own_words.reset(work, stage, LetterRow(letter, spoken, "", ""), _mark(seen))
        except StageChanged as error:
            raise Changed(str(error)) from None
        except StageError as error:
            raise Conflict(str(error)) from None

    @acts(Action.ROLLOUT_CHANGE)
    def send_test(
        self,
        work: Work,
        _actor: Actor,
        to: str,
        letter: str,
        spoken: str,
        text: tuple[str, str],
    ) -> str:
        """Queue a mail as it would arrive, to be looked at; return its id in the outbox."""
        kind = PREFIX + (letter or ANNOUNCED)
        with language.speaking(spoken):
            return self._post.enqueue_text(*(work, "mail", kind, to, text), lifetime=TEST_LIFETIME)

    @staticmethod
    def fared(work: Work, message: str) -> tuple[str, str]:
        """Return what became of a message, as its state and what was said of it."""
        return outbox.outcome(work, message)

    # -- what became of them

    @acts(Action.ROLLOUT_READ)
    def counts(self, work: Work, _actor: Actor, stage_id: str = "") -> list[CountRow]:
        """Return how many mails of each kind are in each state, of one stage or of all.

        Raises:
            NotFound: there is no such stage.
        """
        return notice_reports.counts(work, stage_id and seen_stage(work, stage_id, None).id)

    @acts(Action.ROLLOUT_CHANGE)
    def each(
        self, work: Work, _actor: Actor, stage_id: str, after: tuple[str, str] = ("", "")
    ) -> Iterator[NoticeRow]:
        """Yield each mail about the present date, by person and kind, from the one after `after`.

        Names and addresses leave the house: it takes the right to change.

        Raises:
            NotFound: there is no such stage.
        """
        stage = seen_stage(work, stage_id, None)
        return notice_reports.everyone(work, stage.id, stage.enforce_at or NO_DATE, after)

    @acts(Action.ROLLOUT_READ)
    def some_to_call(self, work: Work, _actor: Actor, stage_id: str, after: str = "") -> Part:
        """Return a page of whom no mail reached, after the person `after`.

        Raises:
            NotFound: there is no such stage.
        """
        return call_list.part(work, self._notices, seen_stage(work, stage_id, None), after)

    @acts(Action.ROLLOUT_CHANGE)
    def to_call(self, work: Work, _actor: Actor, stage_id: str, after: str = "") -> Part:
        """Return the same for whoever takes it out of the house.

        Raises:
            NotFound: there is no such stage.
        """
        return call_list.part(work, self._notices, seen_stage(work, stage_id, None), after)

    @acts(Action.ROLLOUT_CHANGE)
    def all_to_call(self, work: Work, _actor: Actor, stage_id: str) -> Iterator[Missing]:
        """Yield everyone whom no mail reached, and who needs it still.

        Raises:
            NotFound: there is no such stage.
        """
        return call_list.missing(work, self._notices, seen_stage(work, stage_id, None))

    @acts(Action.ROLLOUT_CHANGE)
    def came_back(self, work: Work, _actor: Actor, addresses: Iterable[str]) -> Bounced:
        """Note that mails to these addresses came back."""
        return call_list.bounced(work, addresses)


def described_count(row: CountRow) -> dict[str, Any]:
    """Return what is told of some mails, as JSON has it."""
    return {
        "stage": row.stage_id,
        "date": clock.iso(row.enforce_at) if row.enforce_at else None,
        "kind": row.kind,
        "state": row.state,
        "people": row.count,
        "opened": row.opened,
    }


def described_mail(row: NoticeRow) -> dict[str, Any]:
    """Return what is told of one mail, as JSON has it."""
    return {
        "sub": row.person_id,
        "username": row.username,
        "email": row.email,
        "kind": row.kind,
        "state": row.state,
        "words": row.words,
        "at": clock.iso(row.queued_at),
        "opened": clock.iso(row.opened_at) if row.opened_at else None,
    }


def described_call(one: Missing) -> dict[str, Any]:
    """Return what is told of somebody to be called, as JSON has it."""
    row = one.row
    return {
        "sub": row.person_id,
        "username": row.username,
        "name": row.name,
        "phone": row.phone,
        "email": row.email,
        "why": one.why,
    }


def some(found: Iterator[NoticeRow], limit: int) -> list[NoticeRow]:
    """Return the first of them."""
    return list(islice(found, limit))


def kinds_of(stage: Stage) -> tuple[str, ...]:
    """Return the mails that a stage sends: a recommendation is announced, and no more."""
    return (ANY, *LETTERS) if stage.required else (ANNOUNCED,)


def _sent(stage: Stage, letter: str, spoken: str) -> None:
    if spoken not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise StageError("language", f"{spoken!r} is no language spoken here: {known}")
    if letter not in (ANY, *LETTERS):
        raise StageError("letter", f"{letter!r} is none of {', '.join(LETTERS)}")
    if letter not in (ANY, *kinds_of(stage)):
        raise StageError("letter", f"{stage.id} has no date: it is announced, and no more")


def _mark(seen: str | None) -> str | None:
    return "" if seen == NOTHING else seen
