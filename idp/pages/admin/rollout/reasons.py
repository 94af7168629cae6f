"""A stage's own words: one sentence of reason in each language, and a link to read more."""

from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from idp import web
from idp.installation import Installation
from idp.language import LANGUAGES, Words, _
from idp.operating import cases
from idp.operating.refusals import Changed
from idp.operating.rollout.stages import Rollout
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.rollout import in_words, meanwhile, problems
from idp.pages.admin.rollout.board import PATH, stage_path
from idp.pages.admin.rollout.stage_form import found
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.policy.types import Rules
from idp.rollout.drafts import LONGEST_GUIDANCE, LONGEST_WHY, Wanted
from idp.rollout.errors import StageChanged, StageError
from idp.signin.interaction import Authorized
from idp.store.db import Work
from idp.web import said

Typed = dict[str, str]
"""`why-de` and so on, `guidance`, `version`."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of a stage's words."""
    can = cases.of(installation).rollout

    @views.get("/rollout/stages/<stage_id>/words")
    @entry.changes(installation, _path, Action.ROLLOUT_CHANGE, given_up=stage_path)
    def words(who: Authorized, stage_id: str) -> Response:
        stage = found(stage_id)
        given = _read(request.args) if "guidance" in request.args else _as_it_is(stage)
        return _show(installation, who, stage, given)

    @views.post("/rollout/stages/<stage_id>/words")
    @entry.changes(installation, _path, Action.ROLLOUT_CHANGE, given_up=stage_path)
    def write(who: Authorized, stage_id: str) -> Response:
        return _write(installation, can, who, found(stage_id), _read(request.form))


def _path(stage_id: str) -> str:
    values = request.form if request.method == "POST" else request.args
    typed = f"?{urlencode(_read(values))}" if "guidance" in values else ""
    return stage_path(stage_id, "words") + typed


def _read(values: MultiDict[str, str]) -> Typed:
    found = {f"why-{code}": values.get(f"why-{code}", "")[: LONGEST_WHY + 1] for code in LANGUAGES}
    found["guidance"] = values.get("guidance", "").strip()[: LONGEST_GUIDANCE + 1]
    return found | {"version": values.get("version", "")[:9]}


def _as_it_is(stage: Stage) -> Typed:
    found = {f"why-{code}": stage.why.get(code, "") for code in LANGUAGES}
    return found | {"guidance": stage.guidance, "version": str(stage.version)}


def _told(stage: Stage, given: Typed) -> Words | None:
    """Return what someone else changed since the form was made."""
    version = given["version"]
    return None if version == str(stage.version) else meanwhile.told(web.work(), stage, version)


def _as_read(work: Work, rules: Rules, stage: Stage) -> list[dict[str, Words]]:
    """Return the words that stand there, for whoever is about to write over them."""
    return [
        {"field": in_words.FIELDS[name], "after": in_words.value(work, rules, stage, name)}
        for name in ("why", "guidance")
    ]


def _show(
    installation: Installation,
    who: Authorized,
    stage: Stage,
    given: Typed,
    error: Words | None = None,
    field: str = "",
) -> Response:
    work, rules = web.work(), installation.signin.rules
    told = _told(stage, given)
    error = error or told
    return frame.show(
        "rollout/words",
        who,
        place=PATH,
        status=400 if error else 200,
        title=_("What people read of this stage"),
        error=error,
        field=field,
        sentence=in_words.sentence(work, rules, stage),
        now=_as_read(work, rules, stage) if told else [],
        typed=given,
        spoken=LANGUAGES,
        longest=LONGEST_WHY,
        version=stage.version,
        action=stage_path(stage.id, "words"),
        back=stage_path(stage.id),
    )


def _write(
    installation: Installation, can: Rollout, who: Authorized, stage: Stage, given: Typed
) -> Response:
    work = web.work()
    why = {code: given[f"why-{code}"] for code in LANGUAGES}
    try:
        wanted = Wanted(why=why, guidance=given["guidance"])
        can.draft(work, actor(who), wanted, stage)
        if _told(stage, given):
            return _show(installation, who, stage, given)
        can.change(work, actor(who), stage.id, wanted, seen=str(stage.version))
    except (Changed, StageChanged):
        return web.see_other(_path(stage.id))
    except StageError as problem:
        return _show(installation, who, stage, given, problems.words(problem), problem.field)
    return web.see_other(said.leading(stage_path(stage.id), "stage-changed"))
