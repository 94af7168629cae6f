"""Mails ahead of each date: to everyone whom a stage concerns and who is not ready, once.

Every look of the worker goes a batch further: whom the mail that is due concerns is found by their
id, page after page, and a mail is noted in the transaction that queues it. So a process may end at
any moment, any number of them may run, and memory does not grow with the number of people. When all
were looked at, it begins anew after `AGAIN` seconds, or once the stage is changed: people change
type, lose a factor, come back from an exception.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from idp import audit, clock, language
from idp.audit import Event
from idp.messages import Post
from idp.messages.post import LEASE
from idp.policy import rollout
from idp.policy.reach import ready_for
from idp.policy.rollout import Stage
from idp.rollout.mails.dates import ANNOUNCED, NO_DATE, REMINDER, Due, due
from idp.rollout.mails.letters import Letters, Reader
from idp.signin.facts import member
from idp.signin.sign_in import SignIn
from idp.store import people
from idp.store.db import Work
from idp.store.db import work as unit_of_work
from idp.store.db.connections import Engine
from idp.store.people import PersonRow
from idp.store.rollout import exceptions, letters, notices, rounds, stages
from idp.store.rollout.letters import LetterRow
from idp.store.rollout.notices import FAILED, NO_ADDRESS, QUEUED, REFUSED, SENT, UNCONFIRMED
from idp.store.rollout.rounds import Key, RoundRow

PREFIX = "stage-"
"""How the kinds of these messages begin."""
PAGE = 500
"""People who are read in one transaction, at most."""
LOOKED_AT = 50
"""Of those, people whose facts are read, at most: on SQLite nobody else writes for that long."""
AGAIN = 3600
"""Seconds after which everyone is looked at again for a mail that is still due."""
AHEAD = 5
"""Seconds' worth of mails that are queued at once; see `mail.per_minute`."""
CREDIT = 2
"""Seconds that a worker may come late without the pace being less."""
_SAID_NO = ("refused", "usable address", "carries no address")
"""What an error says when the mail can never arrive, in contrast to a server that is away."""


@dataclass(frozen=True)
class Batch:
    """What one batch is decided by."""

    stage: Stage
    due: Due
    key: Key
    own: Mapping[tuple[str, str], LetterRow]


class Notices:
    """The mails ahead of the dates of one installation."""

    def __init__(self, signin: SignIn, post: Post, engine: Engine) -> None:
        self._signin = signin
        self._settings = signin.settings
        self._post = post
        self._engine = engine
        self.letters = Letters(signin.settings, post.looks)
        post.watch(PREFIX, _settle)

    # -- the worker's part

    def step(self, ahead: int = AHEAD) -> bool:
        """Go one batch further, at most `ahead` seconds' worth of mails; False: nothing to do now.

        Call it again at once while it returns True.
        """
        if not self._post.available("mail"):
            return False
        with unit_of_work(self._engine) as work:
            self._call_back(work)
            if self._next(work) is None:
                return False
        with unit_of_work(self._engine) as work:
            # Read again with the turn: another worker may have done it all meanwhile.
            if not rounds.claim_turn(work):
                return False
            found = self._next(work)
            if found is None or not stages.hold(work, found[0].stage):
                return found is not None
            queued = self._go_on(work, *found, self._limit(ahead))
            self._pace(work, queued)
        return True

    def take_up_lost(self) -> int:
        """Let mails be due again whose message is gone unsent; return how many those were."""
        with unit_of_work(self._engine) as work:
            return notices.return_lost(work)

    @staticmethod
    def withdraw(work: Work, stage: Stage) -> None:
        """Take back what waits to be sent of a stage; what still holds is queued again."""
        for stage_id, enforce_at in notices.unsent(work):
            if stage_id == stage.id:
                notices.withdraw(work, stage_id, enforce_at, LEASE)

    def concerned(self, work: Work, stage: Stage) -> Callable[[PersonRow], bool]:
        """Return what says whether a stage decides for a person who is not ready for it."""
        return partial(self._concerns, work, stage, stages.everything(work), _excepted(work))

    def _call_back(self, work: Work) -> None:
        """Withdraw what a sender had when its stage was stopped, moved or removed."""
        waiting = notices.unsent(work)
        if not waiting:
            return
        there = {stage.id: stage for stage in stages.everything(work)}
        for stage_id, enforce_at in waiting:
            stage = there.get(stage_id)
            running = stage is not None and stage.stopped_at is None
            if not running or (stage and (stage.enforce_at or NO_DATE) != enforce_at):
                notices.withdraw(work, stage_id, enforce_at, LEASE)

    def _next(self, work: Work) -> tuple[Batch, RoundRow | None] | None:
        """Return the first stage whose mail is due and was not taken to everyone yet."""
        now, planned = clock.now(), stages.everything(work)
        for stage in planned:
            wanted = due(stage, now)
            if wanted is None:
                continue
            key = Key(stage.id, wanted.enforce_at, wanted.kind)
            row = rounds.of(work, key)
            if row is None or row.done_at is None or _is_old(row, stage, now):
                return Batch(stage, wanted, key, {}), row
        return None

    def _go_on(self, work: Work, batch: Batch, row: RoundRow | None, limit: int) -> int:
        """Look at the next people, and queue `limit` mails at most; return how many."""
        stage, key = batch.stage, batch.key
        if row is None or row.done_at is not None or row.version != stage.version:
            row = rounds.begin(work, key, stage.version)
        batch = replace(batch, own=letters.of(work, stage.id))
        concerns = self.concerned(work, stage)
        page = people.after(work, row.after, PAGE)
        after, queued, done = row.after, 0, len(page) < PAGE
        last = page[-1].id if page else after
        known = notices.known(work, key, after, last)
        told = notices.told(work, stage.id, after, last)
        looked_at = 0
        for person in page:
            if queued >= limit or looked_at >= LOOKED_AT:
                done = False
                break
            after = person.id
            if person.id in known:
                continue
            looked_at += 1
            if concerns(person):
                queued += self._tell(work, batch, person, told.get(person.id, set()))
        rounds.move(work, key, after, queued, done=done)
        if done and row.queued + queued:
            _record(work, batch, row.queued + queued)
        return queued

    def _concerns(
        self,
        work: Work,
        stage: Stage,
        planned: tuple[Stage, ...],
        excepted: Mapping[str, Mapping[str, int]],
        person: PersonRow,
    ) -> bool:
        """Return True if the stage decides for a person who is not ready for it."""
        signin = self._signin
        who = member(person, excepted.get(person.id))
        if person.disabled_at is not None or not rollout.reaches(stage, who):
            return False
        asked = rollout.requirement(planned, who, signin.rules, clock.now())
        if stage.id not in (asked.stage, asked.due_stage, asked.coming_stage):
            return False
        return not ready_for(stage.level, signin.facts.of(work, person), signin.rules)

    def _tell(self, work: Work, batch: Batch, person: PersonRow, told: set[int]) -> int:
        """Note the mail and queue it; return 1 when it was queued."""
        state = self._state(person)
        if not notices.claim(work, batch.key, person.id, state) or state != QUEUED:
            return 0
        letter = batch.due.letter
        if letter == REMINDER and not told:
            # No one is reminded of what they never heard.
            letter = ANNOUNCED
        moved = bool(told - {batch.due.enforce_at, NO_DATE})
        reader = Reader(person.name, member(person).privileged, moved)
        with language.speaking(
            language.first_known([person.locale], self._settings.brand.language)
        ):
            outbox_id = self._post.enqueue_text(
                work,
                "mail",
                PREFIX + letter,
                person.email,
                self.letters.write(batch.own, batch.stage, letter, reader),
                lifetime=max(60, batch.due.until - clock.now()),
            )
        notices.attach(work, batch.key, person.id, outbox_id)
        return 1

    def _state(self, person: PersonRow) -> str:
        if not person.email:
            return NO_ADDRESS
        trusted = self._settings.enrolment.unconfirmed == "code"
        return QUEUED if person.email_verified or trusted else UNCONFIRMED

    # -- the pace

    def _limit(self, ahead: int) -> int:
        per_minute = self._settings.mail.per_minute
        return max(1, per_minute * ahead // 60) if per_minute else PAGE

    def _pace(self, work: Work, queued: int) -> None:
        if queued and self._settings.mail.per_minute:
            seconds = -(-queued * 60 // self._settings.mail.per_minute)
            rounds.wait(work, seconds, CREDIT)


def _settle(work: Work, outbox_id: str, state: str, reason: str) -> None:
    """Note what became of a mail, in the transaction that notes it of the message."""
    if state == "sent":
        notices.settle(work, outbox_id, SENT, "")
        return
    refused = any(words in reason for words in _SAID_NO)
    notices.settle(work, outbox_id, REFUSED if refused else FAILED, reason)


def _is_old(row: RoundRow, stage: Stage, now: int) -> bool:
    return row.version != stage.version or now - row.begun_at >= AGAIN


def _excepted(work: Work) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in exceptions.holding(work):
        found.setdefault(row.person_id, {})[row.stage_id] = row.until
    return found


def _record(work: Work, batch: Batch, queued: int) -> None:
    key = batch.key
    date = clock.iso(key.enforce_at) if key.enforce_at else "no date"
    reason = f"{key.stage_id}, {date}: {key.kind} to {queued}"
    event = Event.STAGE_NOTICES_QUEUED
    audit.record(work, event, reason=reason, stage=key.stage_id, kind=key.kind, count=queued)
