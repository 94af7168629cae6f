"""People whom a stage does not reach for a while: who, until when, why, and who said so."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from idp import clock, moments, web
from idp.installation import Installation
from idp.language import Words, _
from idp.pages.admin import entry, frame
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
from idp.store import people
from idp.store.people import PersonRow
from idp.store.rollout import exceptions
from idp.store.rollout.exceptions import ExceptionRow
from idp.web import said

MOST = 500
"""How many are listed."""
FIELDS = ("person", "until", "reason")
_CUT = 2 * LONGEST_REASON
"""Characters of a field that are read: what is too long stays so, and is refused."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of a stage's exceptions."""

    @views.get("/rollout/stages/<stage_id>/exceptions")
    @entry.reads(installation, _path, Action.ROLLOUT_READ)
    def excepted(who: Authorized, stage_id: str) -> Response:
        return _show(installation, who, found(stage_id), _read(request.args))

    @views.post("/rollout/stages/<stage_id>/exceptions")
    @entry.changes(installation, _path, Action.ROLLOUT_CHANGE, given_up=_path, locks=False)
    def give(who: Authorized, stage_id: str) -> Response:
        return _give(installation, who, found(stage_id), _read(request.form))

    @views.post("/rollout/stages/<stage_id>/exceptions/<person_id>/end")
    @entry.changes(installation, _path, Action.ROLLOUT_CHANGE, given_up=_path, locks=False)
    def end(who: Authorized, stage_id: str, person_id: str) -> Response:
        ended = installation.stages.hold_again(web.work(), found(stage_id), person_id)
        path = _bare(stage_id)
        return web.see_other(said.leading(path, "exception-ended") if ended else path)


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
    who: Authorized,
    stage: Stage,
    given: dict[str, str],
    error: Words | None = None,
    field: str = "",
) -> Response:
    work = web.work()
    rows = [row for row in exceptions.holding(work) if row.stage_id == stage.id]
    return frame.show(
        "rollout/exceptions",
        who,
        place=PATH,
        status=400 if error else 200,
        title=_("Exceptions"),
        error=error,
        field=field,
        sentence=in_words.sentence(work, installation.signin.rules, stage),
        rows=[_row(row) for row in sorted(rows, key=lambda row: row.until)[:MOST]],
        typed=given,
        today=moments.date_in(clock.now(), stage.zone).isoformat(),
        action=_bare(stage.id),
        back=stage_path(stage.id),
    )


def _row(row: ExceptionRow) -> dict[str, Any]:
    person = people.by_id(web.work(), row.person_id)
    return {
        "id": row.person_id,
        "called": person.name if person else _("someone who left"),
        "until": in_words.moment(row.until),
        "reason": row.reason,
        "author": row.author,
    }


def _give(
    installation: Installation, who: Authorized, stage: Stage, given: dict[str, str]
) -> Response:
    try:
        person = _find(stage, given["person"])
        installation.stages.let_off(
            web.work(),
            stage,
            person.id,
            until=_until(stage, given["until"]),
            reason=given["reason"],
            author=who.person.name,
        )
    except StageError as problem:
        return _show(installation, who, stage, given, problems.words(problem), problem.field)
    return web.see_other(said.leading(_bare(stage.id), "exception-given"))


def _find(stage: Stage, name: str) -> PersonRow:
    """Return the person who is typed, and is of the stage's audience."""
    person = problems.person_called(web.work(), name, "person")
    if not rollout.reaches(stage, member(person)):
        raise StageError("person", _("This stage does not reach %(name)s.", name=person.name))
    return person


def _until(stage: Stage, text: str) -> int:
    try:
        return moments.read(text, zone=stage.zone)
    except moments.MomentError:
        raise StageError("until", text) from None
