"""What can be done with a stage, each with one event: the use cases behind command and console.

A change names the version that was read, so of two people who edit at once the second is told.
"""

import re
from collections import Counter
from dataclasses import dataclass, fields, replace
from typing import Any

from idp import audit, clock, moments
from idp.audit import Event
from idp.errors import GoneError
from idp.messages import texts
from idp.policy import rollout
from idp.policy.rollout import EVERYONE, Member, Stage
from idp.policy.steps import EnrolmentProof
from idp.rollout import selectors
from idp.rollout.drafts import Bench, Wanted, read
from idp.rollout.errors import StageChanged, StageError, StageTold
from idp.rollout.mails.notices import Notices
from idp.settings.values import Settings
from idp.signin.facts import PRIVILEGED
from idp.signin.sign_in import SignIn
from idp.store import people
from idp.store.db import Work
from idp.store.rollout import audience, exceptions, letters, notices, rounds, stages

LONGEST_REASON = 300
TRUSTING = (
    "whoever knows the password of one of these people can set up a second step in their place;"
    " owners and administrators are still asked for what enrolment.proof says."
)
"""What a stage means whose proof is none, for operators."""
_UNSAID = frozenset({"id", "version"})


@dataclass(frozen=True)
class Preview:
    """Whom a stage reaches, and which stage decides for them once it is in force."""

    people: int
    deciding: Counter[str]
    """How many of them each stage decides for, by its id."""


class Stages:
    """The stages of one installation."""

    def __init__(self, signin: SignIn) -> None:
        self._rules = signin.rules
        self._zone = signin.settings.brand.time_zone
        self._unsent = unsent(signin.settings)

    # -- looking

    def draft(
        self, work: Work, wanted: Wanted, before: Stage | None = None, *, may_be_empty: bool = False
    ) -> Stage:
        """Return the stage that is wanted, stored nowhere.

        Raises:
            StageError: it cannot be so.
        """
        bench = Bench(work, self._rules, before, may_be_empty, self._unsent)
        stage = read(bench, wanted, self._zone)
        return replace(stage, id=stage.id or self._free_id(work, stage))

    def preview(self, work: Work, stage: Stage) -> Preview:
        """Return whom a stage reaches, and who decides for them when it is in force."""
        others = [one for one in stages.everything(work) if one.id != stage.id]
        planned = [*others, stage]
        at = max(clock.now(), stage.enforce_at or 0)
        count, deciding = 0, Counter[str]()
        for row in audience.members(work):
            who = _member(row)
            if rollout.reaches(stage, who):
                count += 1
                said = rollout.requirement(planned, who, self._rules, at)
                deciding[said.stage or said.due_stage or said.coming_stage or ""] += 1
        return Preview(count, deciding)

    @staticmethod
    def find(work: Work, stage_id: str) -> Stage:
        """Return a stage.

        Raises:
            StageError: there is none of this id.
        """
        found = stages.by_id(work, stage_id)
        if found is None:
            raise StageError("id", f"there is no stage {stage_id!r}")
        return found

    # -- changing

    def add(self, work: Work, stage: Stage) -> None:
        """Store a new stage.

        Raises:
            StageError: there is one of this id.
        """
        if not stages.add(work, stage):
            raise StageError("id", f"there is a stage {stage.id} already")
        _record(work, Event.STAGE_ADDED, stage, sentence(stage), after=facts(stage))

    def change(
        self,
        work: Work,
        stage: Stage,
        event: Event = Event.STAGE_CHANGED,
        *,
        told_again: bool = False,
    ) -> Stage:
        """Store a stage that was made from the one that is there; return it as it is now.

        What was not mailed yet is taken back, and queued again as far as it still holds. With
        `told_again`, people may be mailed an earlier date than the one that they know.

        Raises:
            StageChanged: someone changed it since it was read.
            StageTold: its date is earlier than the one that people were mailed.
            GoneError: it was removed.
        """
        before = stages.by_id(work, stage.id)
        if before is None:
            raise GoneError(f"stage {stage.id} was removed a moment ago")
        if not told_again:
            _keeps_word(work, before, stage)
        if not stages.claim_change(work, stage):
            raise StageChanged("version", f"{stage.id} was changed meanwhile: {_news(before)}")
        Notices.withdraw(work, stage)
        after = replace(stage, version=stage.version + 1)
        old, new = facts(before), facts(after)
        moved = {name for name in new if new[name] != old[name]}
        reason = f"{sentence(after)}; changed: {', '.join(sorted(moved)) or 'nothing'}"
        values = {"before": _some(old, moved), "after": _some(new, moved)}
        _record(work, event, after, reason, **values)
        return after

    def stop(self, work: Work, stage: Stage) -> Stage:
        """Let a stage ask nothing of anyone until it is resumed."""
        if stage.stopped_at is not None:
            raise StageError("id", f"{stage.id} is stopped already")
        return self.change(work, replace(stage, stopped_at=clock.now()), Event.STAGE_STOPPED)

    def resume(self, work: Work, stage: Stage) -> Stage:
        """Let a stopped stage hold again, with the dates that it has."""
        if stage.stopped_at is None:
            raise StageError("id", f"{stage.id} is not stopped")
        return self.change(work, replace(stage, stopped_at=None), Event.STAGE_RESUMED)

    def remove(self, work: Work, stage: Stage) -> None:
        """Remove a stage for good.

        Raises:
            StageChanged: someone changed it since it was read.
        """
        if not stages.claim_removal(work, stage):
            raise StageChanged("version", f"{stage.id} was changed or removed meanwhile")
        Notices.withdraw(work, stage)
        rounds.forget(work, stage.id)
        letters.forget(work, stage.id)
        _record(work, Event.STAGE_REMOVED, stage, sentence(stage), before=facts(stage))

    @staticmethod
    def naming(work: Work, word: str) -> list[Stage]:
        """Return the stages that name a user type or a group: `type:clinician`, `group:north`."""
        return [one for one in stages.everything(work) if word in (*one.audience, *one.excluded)]

    def rename(self, work: Work, old: str, new: str) -> tuple[str, ...]:
        """Let the stages that name `old` name `new`, which the same people are; return their ids.

        Raises:
            StageChanged, GoneError: somebody else was faster.
        """
        moved = []
        for stage in self.naming(work, old):
            audience, excluded = (
                tuple(dict.fromkeys(new if one == old else one for one in words))
                for words in (stage.audience, stage.excluded)
            )
            self.change(work, replace(stage, audience=audience, excluded=excluded))
            moved.append(stage.id)
        return tuple(moved)

    def let_off(
        self, work: Work, stage: Stage, person_id: str, *, until: int, reason: str, author: str
    ) -> None:
        """Let a stage not reach one person until a time.

        Raises:
            StageError: the time is over, or there is no reason, or a long one.
        """
        reason = texts.tidy(reason)
        if not 0 < len(reason) <= LONGEST_REASON:
            said = f"an exception needs a reason, of {LONGEST_REASON} characters at most"
            raise StageError("reason", said)
        if until <= clock.now():
            raise StageError("until", f"{moments.minute(until)} is over: an exception ends later")
        people.lock_person(work, person_id)
        exceptions.put(
            work, stage_id=stage.id, person_id=person_id, until=until, reason=reason, author=author
        )
        said = f"not {stage.id} until {clock.iso(until)}: {reason}"
        audit.record(
            work, Event.STAGE_EXCEPTED, person=person_id, reason=said, stage=stage.id, until=until
        )

    def hold_again(self, work: Work, stage: Stage, person_id: str) -> bool:
        """End an exception before its time; False when there was none."""
        people.lock_person(work, person_id)
        if not exceptions.end(work, stage.id, person_id):
            return False
        event = Event.STAGE_EXCEPTION_ENDED
        audit.record(work, event, person=person_id, reason=f"{stage.id} again", stage=stage.id)
        return True

    @staticmethod
    def _free_id(work: Work, stage: Stage) -> str:
        """Return a name such as `staff-mfa`."""
        taken = {one.id for one in stages.everything(work)}
        level = re.split(r"[:/]", stage.level)[-1]
        first = shown_audience(work, stage)[0].partition(":")[2] or "everyone"
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{first}-{level}").strip("-.")[:56] or "stage"
        names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
        return next(name for name in names if name not in taken)


def unsent(settings: Settings) -> frozenset[EnrolmentProof]:
    """Return the proofs whose codes this installation does not send."""
    mail, sms = settings.mail.backend, settings.sms.backend
    backends = {EnrolmentProof.EMAIL: mail, EnrolmentProof.SMS: sms}
    return frozenset(proof for proof, backend in backends.items() if backend == "off")


def sentence(stage: Stage) -> str:
    """Return what a stage says, in a line for operators and the trail."""
    who = "everyone" if stage.audience == (EVERYONE,) else ", ".join(stage.audience)
    but = f" but {', '.join(stage.excluded)}" if stage.excluded else ""
    verb = {
        "required": "must have",
        "recommended": "is recommended",
        "optional": "may have",
        "off": "is not asked for",
    }[stage.strength.value]
    since = f" from {clock.iso(stage.enforce_at)}" if stage.enforce_at is not None else ""
    stopped = ", stopped" if stage.stopped_at is not None else ""
    return f"{who}{but} {verb} {stage.level}{since}{stopped}"


def facts(stage: Stage) -> dict[str, Any]:
    """Return all that a stage says, by name, as JSON has it."""
    values = {one.name: getattr(stage, one.name) for one in fields(Stage)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if name not in _UNSAID
    }


def shown_audience(work: Work, stage: Stage) -> tuple[str, ...]:
    """Return the audience of a stage as an operator writes it."""
    return selectors.shown(work, stage.audience)


def _keeps_word(work: Work, before: Stage, after: Stage) -> None:
    """Refuse a date that is earlier than the one that people were mailed."""
    old, new = before.enforce_at, after.enforce_at
    if old is None or new is None or new >= old:
        return
    count = notices.reached(work, before.id, old)
    if count:
        who = "1 person was" if count == 1 else f"{count} people were"
        text = f"{who} mailed {moments.minute(old)}: confirm that they are mailed the earlier date"
        raise StageTold("enforce_at", text)


def _member(row: audience.MemberRow) -> Member:
    privileged = bool(PRIVILEGED & row.roles)
    return Member(row.id, row.user_type, frozenset(row.groups), privileged)


def _some(values: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: values[name] for name in sorted(names)}


def _news(stage: Stage) -> str:
    return f"now {sentence(stage)} (version {stage.version})"


def _record(work: Work, event: Event, stage: Stage, reason: str, **values: Any) -> None:
    audit.record(work, event, reason=reason, stage=stage.id, version=stage.version, **values)
