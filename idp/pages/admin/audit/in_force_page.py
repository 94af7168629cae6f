"""Which stages and exceptions were in force on a day: out of the events that made them so.

The events are the record; a stage as it is now would say nothing of then.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from idp import clock, moments, web
from idp.audit import Event
from idp.installation import Installation
from idp.language import Words, _
from idp.pages.admin.audit import room
from idp.pages.admin.audit.room import Page
from idp.pages.admin.rollout import in_words
from idp.policy.rollout import Stage, Strength
from idp.policy.steps import EnrolmentProof
from idp.signin.interaction import Authorized
from idp.store.audit import names, searching
from idp.store.db import Work
from idp.store.events import EventRow, Filter

IN_FORCE = Page("in-force", _("What was in force on a day"), ("day",))
STAGES = (
    Event.STAGE_ADDED,
    Event.STAGE_MOVED,
    Event.STAGE_CHANGED,
    Event.STAGE_STOPPED,
    Event.STAGE_RESUMED,
    Event.STAGE_REMOVED,
)
EXCEPTIONS = (Event.STAGE_EXCEPTED, Event.STAGE_EXCEPTION_ENDED)
_MOST = 20_000
"""Events of stages and exceptions that are gone through, oldest of them first."""
_FIELDS = {one.name for one in fields(Stage)}


@dataclass(frozen=True)
class Exception_:
    """One exception that held."""

    row: EventRow
    stage: str
    until: int


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""

    @views.get("/audit/in-force")
    @room.asks(installation, IN_FORCE)
    def audit_in_force(who: Authorized) -> Response:
        return _show(installation, who, request.args.get("day", "").strip())


def _show(installation: Installation, who: Authorized, text: str) -> Response:
    work, error = web.work(), None
    zone = installation.settings.brand.time_zone
    day = moments.date_in(clock.now(), zone)
    try:
        day = date.fromisoformat(text) if text else day
        end = moments.read(day.isoformat(), end_of_day=True, zone=zone) - 1
    except (ValueError, moments.MomentError):
        error = _("Choose a day, such as 2027-02-01.")
        end = clock.now()
    begin = moments.midnight(day, zone)
    stages = stages_at(_events(work, STAGES, end))
    held = exceptions_within(_events(work, EXCEPTIONS, end), begin, end)
    people = names.of_people(work, (one.row.person_id for one in held))
    return room.show(
        "in_force",
        who,
        IN_FORCE,
        error=error,
        day=day.isoformat(),
        stages=[_stage(installation, work, one, end) for one in stages],
        exceptions=[
            {
                "person": room.person(people, one.row.person_id),
                "stage": one.stage,
                "given": room.moment(one.row.at),
                "until": room.moment(one.until),
                "reason": one.row.reason,
            }
            for one in held
        ],
    )


def _events(work: Work, kinds: Iterable[Event], end: int) -> list[EventRow]:
    """Return the events of these kinds up to a second, oldest first."""
    wanted = Filter(kinds=tuple(kind.value for kind in kinds), until=end + 1)
    return searching.search(work, wanted, _MOST, _MOST).rows[::-1]


def stages_at(happened: Iterable[EventRow]) -> list[Stage]:
    """Return the stages that these events, oldest first, leave."""
    found: dict[str, Stage] = {}
    for row in happened:
        data = _data(row)
        name = str(data.get("stage", ""))
        if row.kind == Event.STAGE_REMOVED:
            found.pop(name, None)
            continue
        said = _said(data.get("after"))
        if row.kind == Event.STAGE_ADDED and {"audience", "level"} <= said.keys():
            found[name] = Stage(id=name, **said)
        elif name in found:
            found[name] = replace(found[name], **said)
    return sorted(found.values(), key=lambda one: (one.enforce_at or 0, one.id))


def exceptions_within(happened: Iterable[EventRow], begin: int, end: int) -> list[Exception_]:
    """Return the exceptions that held at any time from `begin` to `end`."""
    open_ones: dict[tuple[str, str | None], Exception_] = {}
    held: list[Exception_] = []
    for row in happened:
        data = _data(row)
        key = (str(data.get("stage", "")), row.person_id)
        before = open_ones.pop(key, None)
        if before is not None and before.until > begin and row.at > begin:
            held.append(before)
        if row.kind == Event.STAGE_EXCEPTED and isinstance(data.get("until"), int):
            open_ones[key] = Exception_(row, key[0], data["until"])
    held += [one for one in open_ones.values() if one.until > begin and one.row.at <= end]
    return sorted(held, key=lambda one: one.row.id)


def _data(row: EventRow) -> dict[str, Any]:
    try:
        data = json.loads(row.data or "{}")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _said(values: Any) -> dict[str, Any]:
    """Return what an event says of a stage, in the types that a stage has."""
    if not isinstance(values, Mapping):
        return {}
    known = {name: value for name, value in values.items() if name in _FIELDS}
    made: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in known.items()}
    if "strength" in made:
        made["strength"] = Strength(made["strength"])
    if made.get("proof") is not None:
        made["proof"] = EnrolmentProof(made["proof"])
    return made


def _stage(installation: Installation, work: Work, stage: Stage, at: int) -> dict[str, Any]:
    return {
        "id": stage.id,
        "sentence": in_words.sentence(work, installation.signin.rules, stage),
        "state": _state(stage, at),
        "level": stage.level,
        "in_force": stage.stopped_at is None and stage.due(at),
    }


def _state(stage: Stage, at: int) -> Words:
    if stage.stopped_at is not None:
        return _("Stopped")
    if stage.due(at):
        return _("In force")
    return _("Announced") if stage.required and stage.announced(at) else _("Not in force")
