"""The rollout, as `idp.rollout` carries it out, for those who may see or change it."""

from collections.abc import Iterable
from typing import Any

from idp import clock, moments
from idp.installation import Installation
from idp.operating.actor import Actor, acts
from idp.operating.people.naming import of_sub
from idp.operating.refusals import Changed, NotFound
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout import selectors
from idp.rollout.drafts import SETTING, Wanted
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.rollout import exceptions, stages
from idp.store.rollout.exceptions import ExceptionRow


class Rollout:
    """The stages of one installation, and exceptions from them."""

    def __init__(self, installation: Installation) -> None:
        self._stages = installation.stages

    @acts(Action.ROLLOUT_READ)
    def everything(self, work: Work, _actor: Actor) -> tuple[Stage, ...]:
        """Return all stages, earliest first."""
        return stages.everything(work)

    @acts(Action.ROLLOUT_READ)
    def one(self, work: Work, _actor: Actor, stage_id: str) -> Stage:
        """Return a stage.

        Raises:
            NotFound: there is none of this id.
        """
        return seen_stage(work, stage_id, None)

    @acts(Action.ROLLOUT_READ)
    def draft(
        self, work: Work, _actor: Actor, wanted: Wanted, before: Stage | None = None
    ) -> Stage:
        """Return the stage that is wanted, stored nowhere.

        Raises:
            StageError: it cannot be so.
        """
        return self._stages.draft(work, wanted, before)

    @acts(Action.ROLLOUT_CHANGE)
    def add(self, work: Work, _actor: Actor, wanted: Wanted) -> Stage:
        """Add a stage.

        Raises:
            StageError: it cannot be so.
        """
        new = self._stages.draft(work, wanted)
        self._stages.add(work, new)
        return seen_stage(work, new.id, None)

    @acts(Action.ROLLOUT_CHANGE)
    def change(
        self,
        work: Work,
        _actor: Actor,
        stage_id: str,
        wanted: Wanted,
        *,
        told_again: bool = False,
        seen: str | None = None,
    ) -> Stage:
        """Change what is written of a stage; `told_again`: people may be mailed an earlier date.

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
            StageError: it cannot be so.
        """
        before = seen_stage(work, stage_id, seen)
        after = self._stages.draft(work, wanted, before)
        return self._stages.change(work, after, told_again=told_again)

    @acts(Action.ROLLOUT_CHANGE)
    def stop(self, work: Work, _actor: Actor, stage_id: str, *, seen: str | None = None) -> Stage:
        """Let a stage ask nothing of anyone until it is resumed.

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
            StageError: it is stopped.
        """
        return self._stages.stop(work, seen_stage(work, stage_id, seen))

    @acts(Action.ROLLOUT_CHANGE)
    def resume(self, work: Work, _actor: Actor, stage_id: str, *, seen: str | None = None) -> Stage:
        """Let a stopped stage hold again.

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
            StageError: it is not stopped.
        """
        return self._stages.resume(work, seen_stage(work, stage_id, seen))

    @acts(Action.ROLLOUT_CHANGE)
    def remove(self, work: Work, _actor: Actor, stage_id: str, *, seen: str | None = None) -> Stage:
        """Remove a stage for good.

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
        """
        gone = seen_stage(work, stage_id, seen)
        self._stages.remove(work, gone)
        return gone

    @acts(Action.ROLLOUT_READ)
    def exceptions(self, work: Work, _actor: Actor, sub: str) -> list[ExceptionRow]:
        """Return the exceptions of a person that hold now.

        Raises:
            NotFound: there is no one.
        """
        return exceptions.of(work, of_sub(work, sub).id)

    @acts(Action.ROLLOUT_READ)
    def excepted(self, work: Work, _actor: Actor, stage_id: str) -> list[ExceptionRow]:
        """Return the exceptions from a stage that hold now, the soonest over first."""
        found = (row for row in exceptions.holding(work) if row.stage_id == stage_id)
        return sorted(found, key=lambda row: row.until)

    @acts(Action.ROLLOUT_CHANGE)
    def let_off(
        self, work: Work, actor: Actor, stage_id: str, sub: str, *, until: str, reason: str
    ) -> tuple[Stage, PersonRow, int]:
        """Let a stage not reach one person until a time; return when that is over.

        Raises:
            NotFound: there is no such stage or person.
            StageError, CommandError: the time cannot be read or is over, or there is no reason.
        """
        stage, person = seen_stage(work, stage_id, None), of_sub(work, sub)
        at = moments.read(until, zone=stage.zone)
        author = _name(work, actor)
        self._stages.let_off(work, stage, sub, until=at, reason=reason, author=author)
        return stage, person, at

    @acts(Action.ROLLOUT_CHANGE)
    def hold_again(self, work: Work, _actor: Actor, stage_id: str, sub: str) -> PersonRow:
        """End an exception before its time.

        Raises:
            NotFound: there is no such stage, person or exception.
        """
        stage, person = seen_stage(work, stage_id, None), of_sub(work, sub)
        if not self._stages.hold_again(work, stage, sub):
            raise NotFound(f"{person.username} is not excepted from {stage_id}")
        return person


def described(work: Work, found: Stage) -> dict[str, Any]:
    """Return what a stage says, as JSON has it."""
    return {
        "id": found.id,
        "audience": _words(work, found.audience),
        "excluded": _words(work, found.excluded),
        "level": found.level,
        "requirement": found.strength.value,
        "from": _when(found.enforce_at),
        "announced_from": _when(found.announce_at),
        "zone": found.zone,
        "reminders": list(found.reminders),
        "grace": found.grace,
        "grace_administrators": found.grace_privileged,
        "why": dict(found.why),
        "guidance": found.guidance,
        "proof": found.proof.value if found.proof else SETTING,
        "state": state(found),
        "version": found.version,
    }


def state(found: Stage) -> str:
    """Return what a stage does now, in a word."""
    if found.stopped_at is not None:
        return "stopped"
    if not found.required:
        return found.strength.value
    if found.due(clock.now()):
        return "enforced"
    return "announced" if found.announced(clock.now()) else "planned"


def _name(work: Work, actor: Actor) -> str:
    """Return who acts, as those who look later know them."""
    person = people.by_id(work, actor.person) if actor.person else None
    return person.name if person else work.caller.address or ""


def _words(work: Work, audience: Iterable[str]) -> list[str]:
    return list(selectors.shown(work, tuple(audience)))


def _when(at: int | None) -> str | None:
    return None if at is None else clock.iso(at)


def seen_stage(work: Work, stage_id: str, seen: str | None) -> Stage:
    """Return a stage, as it was in the version `seen`; None: in whichever there is.

    Raises:
        NotFound, Changed: there is none, or it is no longer so.
    """
    found = stages.by_id(work, stage_id)
    if found is None:
        raise NotFound(f"there is no stage {stage_id!r}")
    if seen is not None and seen != str(found.version):
        raise Changed(f"{stage_id} was changed meanwhile: it has version {found.version}")
    return found
