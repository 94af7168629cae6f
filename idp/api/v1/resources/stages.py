"""`/stages`: the rollout, and exceptions from it."""

from dataclasses import fields

from idp import clock
from idp.api.v1 import taken, told
from idp.api.v1.routes import Asked, Reply, Route
from idp.operating.rollout.stages import Rollout, described
from idp.policy.rollout import Stage
from idp.rollout.drafts import Wanted

ONE = "/stages/{stage}"


def _told(asked: Asked, found: Stage) -> Reply:
    return Reply(described(asked.work, found), str(found.version))


def _wanted(asked: Asked) -> Wanted:
    return Wanted(**{one.name: getattr(asked.body, one.name) for one in fields(Wanted)})


def _list(asked: Asked) -> Reply:
    found = asked.can.rollout.everything(asked.work, asked.actor)
    return Reply({"items": [described(asked.work, one) for one in found]})


def _add(asked: Asked) -> Reply:
    new = asked.can.rollout.add(asked.work, asked.actor, _wanted(asked))
    return Reply(described(asked.work, new), str(new.version), f"/stages/{new.id}")


def _one(asked: Asked) -> Reply:
    return _told(asked, asked.can.rollout.one(asked.work, asked.actor, asked.value("stage")))


def _change(asked: Asked) -> Reply:
    return _told(
        asked,
        asked.can.rollout.change(
            asked.work,
            asked.actor,
            asked.value("stage"),
            _wanted(asked),
            told_again=asked.body.told_again,
            seen=asked.seen,
        ),
    )


def _stop(asked: Asked) -> Reply:
    stage = asked.value("stage")
    return _told(asked, asked.can.rollout.stop(asked.work, asked.actor, stage, seen=asked.seen))


def _resume(asked: Asked) -> Reply:
    stage = asked.value("stage")
    return _told(asked, asked.can.rollout.resume(asked.work, asked.actor, stage, seen=asked.seen))


def _remove(asked: Asked) -> Reply:
    stage = asked.value("stage")
    return Reply(
        {"id": asked.can.rollout.remove(asked.work, asked.actor, stage, seen=asked.seen).id}
    )


def _let_off(asked: Asked) -> Reply:
    body = asked.body
    stage, person, until = asked.can.rollout.let_off(
        asked.work,
        asked.actor,
        asked.value("stage"),
        body.person,
        until=body.until,
        reason=body.reason,
    )
    return Reply({"stage": stage.id, "person": person.id, "until": clock.iso(until)})


def _hold_again(asked: Asked) -> Reply:
    stage, sub = asked.value("stage"), asked.value("sub")
    person = asked.can.rollout.hold_again(asked.work, asked.actor, stage, sub)
    return Reply({"stage": stage, "person": person.id, "until": None})


ROUTES = (
    Route(
        *("GET", "/stages", Rollout.everything, _list, "List the stages of the rollout"),
        told.Stages,
        name="listStages",
    ),
    Route(
        *("POST", "/stages", Rollout.add, _add, "Add a stage"),
        told.Stage,
        taken.StageWanted,
        status=201,
        name="addStage",
    ),
    Route(*("GET", ONE, Rollout.one, _one, "See a stage"), told.Stage, name="getStage"),
    Route(
        *("PATCH", ONE, Rollout.change, _change, "Change a stage"),
        told.Stage,
        taken.StageWanted,
        versioned=True,
        name="changeStage",
    ),
    Route(
        *("DELETE", ONE, Rollout.remove, _remove, "Remove a stage"),
        told.Gone,
        versioned=True,
        name="removeStage",
    ),
    Route(
        *("POST", f"{ONE}/stop", Rollout.stop, _stop, "Let a stage ask nothing of anyone"),
        told.Stage,
        name="stopStage",
    ),
    Route(
        *("POST", f"{ONE}/resume", Rollout.resume, _resume, "Let a stopped stage hold again"),
        told.Stage,
        name="resumeStage",
    ),
    Route(
        *("POST", f"{ONE}/exceptions", Rollout.let_off, _let_off, "Let a person off until a time"),
        told.StageException,
        taken.ExceptionWanted,
        status=201,
        name="exceptFromStage",
    ),
    Route(
        *("DELETE", f"{ONE}/exceptions/{{sub}}", Rollout.hold_again, _hold_again),
        "End an exception",
        told.StageException,
        name="endException",
    ),
)
