"""Exceptions of one person from stages of the rollout: given until a day, with a reason, and ended.

A stage is chosen among those that reach the person; all of a stage's exceptions are on its page.
"""

from typing import Any

from flask import Blueprint, Response, request

from idp import clock, moments, web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.cases import Cases
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.people.room import PATH, found, person_path
from idp.pages.admin.rollout import in_words, problems
from idp.pages.admin.rollout.exceptions_page import cut
from idp.policy import rollout
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout.errors import StageError
from idp.signin.facts import member
from idp.signin.interaction import Authorized
from idp.store.people import PersonRow
from idp.store.rollout.exceptions import ExceptionRow
from idp.web import said

FIELDS = ("stage", "until", "reason")


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of a person's exceptions."""
    known = cases.of(installation)
    admits = entry.changes(installation, _path, Action.ROLLOUT_CHANGE, given_up=_path, locks=False)

    @views.get("/people/<sub>/exceptions")
    @entry.reads(installation, _path, Action.ROLLOUT_READ)
    def person_exceptions(who: Authorized, sub: str) -> Response:
        return _show(installation, known, who, found(known, who, sub), dict.fromkeys(FIELDS, ""))

    @views.post("/people/<sub>/exceptions")
    @admits
    def except_person(who: Authorized, sub: str) -> Response:
        person = found(known, who, sub)
        given = {name: cut(request.form.get(name, "")) for name in FIELDS}
        try:
            _give(known, who, person, given)
        except (StageError, CommandError) as problem:
            web.work().rollback()
            field = problem.field if isinstance(problem, StageError) else "until"
            return _show(installation, known, who, person, given, field)
        return web.see_other(said.leading(_path(sub), "exception-given"))

    @views.post("/people/<sub>/exceptions/<stage_id>/end")
    @admits
    def end_exception(who: Authorized, sub: str, stage_id: str) -> Response:
        try:
            known.rollout.hold_again(web.work(), actor(who), stage_id, sub)
        except CommandError:
            # Somebody else has ended it, or its time was over.
            web.work().rollback()
            return web.see_other(_path(sub))
        return web.see_other(said.leading(_path(sub), "exception-ended"))


def _path(sub: str, **_more: str) -> str:
    return person_path(sub, "exceptions")


def _give(known: Cases, who: Authorized, person: PersonRow, given: dict[str, str]) -> None:
    reaching = {stage.id for stage in _reaching(known, who, person)}
    if given["stage"] not in reaching:
        raise StageError("stage", given["stage"])
    known.rollout.let_off(
        web.work(),
        actor(who),
        given["stage"],
        person.id,
        until=given["until"],
        reason=given["reason"],
    )


def _reaching(known: Cases, who: Authorized, person: PersonRow) -> list[Stage]:
    planned = known.rollout.everything(web.work(), actor(who))
    return [stage for stage in planned if rollout.reaches(stage, member(person))]


def _show(
    installation: Installation,
    known: Cases,
    who: Authorized,
    person: PersonRow,
    given: dict[str, str],
    field: str = "",
) -> Response:
    work, rules = web.work(), installation.signin.rules
    stages = _reaching(known, who, person)
    named = {one.id: in_words.sentence(work, rules, one) for one in stages}
    held = known.rollout.exceptions(work, actor(who), person.id)
    return frame.show(
        "people/exceptions",
        who,
        place=PATH,
        status=400 if field else 200,
        title=_("Exceptions of %(name)s", name=person.name),
        error=_why(field),
        field=field,
        rows=[_row(row, named) for row in held],
        stages=named,
        typed=given,
        today=moments.date_in(clock.now(), installation.settings.brand.time_zone).isoformat(),
        action=_path(person.id),
        back=person_path(person.id),
    )


def _why(field: str) -> Words | None:
    if not field:
        return None
    if field == "stage":
        return _("Choose a stage that reaches this person.")
    return problems.words(StageError(field, ""))


def _row(row: ExceptionRow, named: dict[str, Words]) -> dict[str, Any]:
    return {
        "id": row.stage_id,
        "called": named.get(row.stage_id, row.stage_id),
        "until": in_words.moment(row.until),
        "reason": row.reason,
        "author": row.author,
    }
