"""What `going_out` wrote comes in: APIs, applications, people, stages, exceptions, in that order.

Each line is done whole or not at all, and the same file again does the rest. What is here already
stays as it is, and is said.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from idp import clock, moments
from idp.errors import CommandError
from idp.oidc.apis.api import Api
from idp.operating.actor import Actor, acts
from idp.operating.applications.apis import Apis
from idp.operating.moving import own
from idp.operating.moving.applications import Applications
from idp.operating.moving.going_out import API, CLIENT, EXCEPTION, FORMAT, HEAD, PERSON, STAGE
from idp.operating.people.changing import Register
from idp.operating.people.importing import Importing
from idp.operating.rollout.stages import Rollout
from idp.people.intake import json_files
from idp.people.intake.carrying_out import Options
from idp.people.intake.columns import recognise
from idp.people.intake.files import Record, Source
from idp.people.intake.held import File
from idp.people.intake.json_files import JsonSource, Numbered
from idp.people.intake.plans import Outcome
from idp.policy.roles import Action
from idp.rollout.drafts import NOW, Wanted
from idp.store.db import Work
from idp.store.rollout import exceptions, stages

OFF, SUB = "switched_off", "sub"
_OF_API = ("id", "audience", "name", "published", "scopes", "types")


@dataclass(frozen=True)
class Said:
    """What became of a line, or would."""

    kind: str
    name: str
    outcome: Outcome
    why: str = ""
    secret: str | None = field(default=None, repr=False)
    """A new one of an application, to be told this once."""


@dataclass(frozen=True)
class PeopleOf(JsonSource):
    """The people of a file in which other things stand as well."""

    def records(self) -> Iterator[Record]:
        """Yield the people in the order of the file."""
        for number, found in _of_kind(self.path, PERSON):
            cells = tuple(json_files.text(found.get(name)) for name in self.columns.header)
            yield Record(number, cells)


def checked(file: File) -> File:
    """Return a file that an export of everything is.

    Raises:
        CommandError: it is none, or of a version that is not known here.
    """
    _number, head = next(json_files.objects(file), (0, None))
    if head is None or head.get("kind") != HEAD:
        raise CommandError(f"{file.name} is no export of Acrux")
    if head.get("format") != FORMAT:
        raise CommandError(f"{file.name} is of a newer version of Acrux: {head.get('format')!r}")
    return file


@dataclass(frozen=True)
class Import:
    """All that is the operator's comes in, for one installation."""

    apis: Apis
    applications: Applications
    importing: Importing
    register: Register
    rollout: Rollout

    @acts(Action.PEOPLE_CHANGE)
    def check(self, work: Work, actor: Actor, file: File) -> Iterator[Said]:
        """Say of each line what would become of it; nothing is written.

        Stages and exceptions are about people who may not be here yet: they are looked at when
        their turn comes.

        Raises:
            CommandError: the file cannot be read to its end.
        """
        coming = list[Api]()
        for _, found in _of_kind(file, API):
            yield self._planned_api(work, actor, found, coming)
        brought = (own.client(found) for _, found in _of_kind(file, CLIENT))
        for one in self.applications.check(work, actor, brought, tuple(coming)):
            yield Said(CLIENT, one.client_id, one.outcome, one.why)
        for row in self.importing.check(work, actor, _people(file), Options()):
            yield Said(PERSON, row.name, row.outcome, row.why)
        for _, found in _of_kind(file, STAGE):
            there = stages.by_id(work, str(found.get("id"))) is not None
            outcome = Outcome.UNCHANGED if there else Outcome.ADDED
            yield Said(STAGE, str(found.get("id")), outcome)

    @acts(Action.PEOPLE_CHANGE)
    def carry_out(self, work: Work, actor: Actor, file: File) -> Iterator[Said]:
        """Carry out each line that is right; say what became of it once that is committed.

        Raises:
            CommandError: the file cannot be read to its end.
        """
        for _, found in _of_kind(file, API):
            yield _brought(work, actor, API, found, self._api)
        brought = (own.client(found) for _, found in _of_kind(file, CLIENT))
        for one in self.applications.carry_out(work, actor, brought):
            yield Said(CLIENT, one.client_id, one.outcome, one.why, one.secret)
        off = {found.get("sub") for _, found in _of_kind(file, PERSON) if found.get(OFF) is True}

        def added(unit: Work, sub: str) -> None:
            if sub in off:
                self.register.switch_off(unit, actor, sub)

        for row in self.importing.carry_out(work, actor, _people(file), Options(added=added)):
            yield Said(PERSON, row.name, row.outcome, row.why)
        for kind, bring in ((STAGE, self._stage), (EXCEPTION, self._exception)):
            for _, found in _of_kind(file, kind):
                yield _brought(work, actor, kind, found, bring)

    def _planned_api(
        self, work: Work, actor: Actor, found: Mapping[str, Any], coming: list[Api]
    ) -> Said:
        """Say what would become of an API; one that would be there is one of those `coming`."""

        def plan(unit: Work, who: Actor, one: Mapping[str, Any]) -> Outcome:
            if self._there(unit, who, one):
                return Outcome.UNCHANGED
            api_id, audience, given = _api_of(one)
            coming.append(self.apis.new(unit, who, api_id, audience, given))
            return Outcome.ADDED

        return _brought(work, actor, API, found, plan)

    def _api(self, work: Work, actor: Actor, found: Mapping[str, Any]) -> Outcome:
        if self._there(work, actor, found):
            return Outcome.UNCHANGED
        api_id, audience, given = _api_of(found)
        self.apis.add(work, actor, api_id, audience, given)
        return Outcome.ADDED

    def _there(self, work: Work, actor: Actor, found: Mapping[str, Any]) -> bool:
        """Return True if an API is there already as the file has it.

        Raises:
            CommandError: it is there, and differs.
        """
        for one in self.apis.everything(work, actor):
            if one.api.id == found["id"]:
                held = one.described()
                if any(held[name] != found.get(name) for name in _OF_API):
                    raise CommandError("is there already and differs: acrux api set changes it")
                return True
        return False

    def _stage(self, work: Work, actor: Actor, found: Mapping[str, Any]) -> Outcome:
        if stages.by_id(work, str(found["id"])) is not None:
            return Outcome.UNCHANGED
        new = self.rollout.add(work, actor, _wanted(found))
        if found.get("state") == "stopped":
            self.rollout.stop(work, actor, new.id)
        return Outcome.ADDED

    def _exception(self, work: Work, actor: Actor, found: Mapping[str, Any]) -> Outcome:
        stage, sub = str(found["stage"]), str(found["sub"])
        if any(one.stage_id == stage for one in exceptions.of(work, sub)):
            return Outcome.UNCHANGED
        until, reason = str(found["until"]), str(found["reason"])
        if moments.read(until, zone="UTC") <= clock.now():
            return Outcome.LEFT_OUT
        self.rollout.let_off(work, actor, stage, sub, until=until, reason=reason)
        return Outcome.ADDED


def _api_of(found: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    given = {name: found.get(name) for name in _OF_API if name not in ("id", "audience")}
    return str(found["id"]), str(found["audience"]), given


def _brought(
    work: Work,
    actor: Actor,
    kind: str,
    found: Mapping[str, Any],
    bring: Callable[[Work, Actor, Mapping[str, Any]], Outcome],
) -> Said:
    name = str(found.get("id") or f"{found.get('stage')} for {found.get('sub')}")[:100]
    try:
        outcome = bring(work, actor, found)
    except (CommandError, moments.MomentError) as error:
        work.rollback()
        return Said(kind, name, Outcome.WRONG, str(error))
    except (KeyError, TypeError, ValueError, AttributeError):
        work.rollback()
        return Said(kind, name, Outcome.WRONG, "it is not as an export writes it")
    work.commit()
    return Said(kind, name, outcome)


def _wanted(found: Mapping[str, Any]) -> Wanted:
    """Return a stage as somebody would write it; what holds already begins at this moment."""
    begins = str(found["from"] or "")
    if begins and moments.read(begins, zone="UTC") <= clock.now():
        begins = NOW
    return Wanted(
        id=str(found["id"]),
        zone=str(found["zone"]),
        strength=str(found["requirement"]),
        level=str(found["level"]) if found["level"] else None,
        audience=tuple(map(str, found["audience"])),
        excluded=tuple(map(str, found["excluded"])),
        enforce_at=begins,
        announce_at=str(found["announced_from"] or ""),
        reminders=", ".join(map(str, found["reminders"])),
        grace=int(found["grace"]),
        grace_privileged=int(found["grace_administrators"]),
        why={str(tag): str(text) for tag, text in found["why"].items()},
        guidance=str(found["guidance"]),
        proof=str(found["proof"]),
    )


def _people(file: File) -> Source:
    names: dict[str, None] = {"username": None}
    for _, found in _of_kind(file, PERSON):
        names |= dict.fromkeys(found)
    header = [SUB, *(name for name in names if name not in ("kind", OFF, SUB))]
    columns = recognise(header)
    # No column of a file of anybody else's: there a `sub` is that of another provider.
    return PeopleOf(file, "utf-8", "", replace(columns, read={**columns.read, SUB: (0,)}), 0)


def _of_kind(file: File, kind: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    numbered: Iterator[Numbered] = json_files.objects(file)
    for number, found in numbered:
        if found is not None and found.get("kind") == kind:
            yield number, found
