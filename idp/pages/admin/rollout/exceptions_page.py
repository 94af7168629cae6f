"""People whom a stage does not reach for a while: who, until when, why, and who said so."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from idp import clock, moments, web
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.cases import Cases
from idp.operating.people.naming import PersonRow
from idp.operating.refusals import NotFound
from idp.operating.rollout.stages import ExceptionRow
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.rollout import in_words, problems
from idp.pages.admin.rollout.board import PATH, stage_path
from idp.pages.admin.rollout.stage_form import found
from idp.policy import rollout
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout.errors import StageError
from idp.rollout.stages import LONGEST_REASON
from idp.signin.facts import member
from idp.signin.interaction import Authorized
from idp.web import said

MOST = 500
"""How many are listed."""
FIELDS = ("person", "until", "reason")
_CUT = 2 * LONGEST_REASON
"""Characters of a field that are read: what is too long stays so, and is refused."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of a stage's exceptions."""
    can = cases.of(installation)

    @views.get("/rollout/stages/<stage_id>/exceptions")
    @entry.reads(installation, _path, Action.ROLLOUT_READ)
    def excepted(who: Authorized, stage_id: str) -> Response:
        return _show(installation, can, who, found(stage_id), _read(request.args))

    @views.post("/rollout/stages/<stage_id>/exceptions")
    @entry.changes(installation, _path, Action.ROLLOUT_CHANGE, given_up=_path, locks=False)
    def give(who: Authorized, stage_id: str) -> Response:
        return _give(installation, can, who, found(stage_id), _read(request.form))

    @views.post("/rollout/stages/<stage_id>/exceptions/<person_id>/end")
    @entry.changes(installation, _path, Action.ROLLOUT_CHANGE, given_up=_path, locks=False)
    def end(who: Authorized, stage_id: str, person_id: str) -> Response:
        path = _bare(found(stage_id).id)
        try:
            can.rollout.hold_again(web.work(), actor(who), stage_id, person_id)
        except NotFound:
            return web.see_other(path)
        return web.see_other(said.leading(path, "exception-ended"))


def _bare(stage_id: str) -> str:
    return stage_path(stage_id, "exceptions")


def _path(stage_id: str, **_more: str) -> str:
    typed = {k: v for k, v in _read(request.values).items() if v}
    return _bare(stage_id) + (f"?{urlencode(typed)}" if typed else "")


def _read(values: MultiDict[str, str]) -> dict[str, str]:
    return {name: cut(values.get(name, "")) for name in FIELDS}


def cut(text: str) -> str:
    """Return as much of what was typed as is read."""
    return text.strip()[:_CUT]


def _show(
    installation: Installation,
    can: Cases,
    who: Authorized,
    stage: Stage,
    given: dict[str, str],
    error: Words | None = None,
    field: str = "",
) -> Response:
    work = web.work()
    rows = can.rollout.excepted(work, actor(who), stage.id)
    return frame.show(
        "rollout/exceptions",
        who,
        place=PATH,
        status=400 if error else 200,
        title=_("Exceptions"),
        error=error,
        field=field,
        sentence=in_words.sentence(work, installation.signin.rules, stage),
        rows=[_row(can, who, row) for row in rows[:MOST]],
        typed=given,
        today=moments.date_in(clock.now(), stage.zone).isoformat(),
        action=_bare(stage.id),
        back=stage_path(stage.id),
    )


def _row(can: Cases, who: Authorized, row: ExceptionRow) -> dict[str, Any]:
    try:
        called: Words = can.directory.one(web.work(), actor(who), row.person_id).name
    except NotFound:
        called = _("someone who left")
    return {
        "id": row.person_id,
        "called": called,
        "until": in_words.moment(row.until),
        "reason": row.reason,
        "author": row.author,
    }


def _give(
    installation: Installation,
    can: Cases,
    who: Authorized,
    stage: Stage,
    given: dict[str, str],
) -> Response:
    try:
        person = _find(stage, given["person"])
        _check_until(stage, given["until"])
        can.rollout.let_off(
            web.work(),
            actor(who),
            stage.id,
            person.id,
            until=given["until"],
            reason=given["reason"],
        )
    except StageError as problem:
        return _show(installation, can, who, stage, given, problems.words(problem), problem.field)
    return web.see_other(said.leading(_bare(stage.id), "exception-given"))


def _find(stage: Stage, name: str) -> PersonRow:
    """Return the person who is typed, and is of the stage's audience."""
    person = problems.person_called(web.work(), name, "person")
    if not rollout.reaches(stage, member(person)):
        raise StageError("person", _("This stage does not reach %(name)s.", name=person.name))
    return person


def _check_until(stage: Stage, text: str) -> None:
    try:
        moments.read(text, zone=stage.zone)
    except moments.MomentError:
        raise StageError("until", text) from None
