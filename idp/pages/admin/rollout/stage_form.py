"""The form of a stage: what it says, chosen from what exists, with what is wrong beside it."""

from typing import Any

from flask import Blueprint, Response, abort, request

from idp import clock, web
from idp.installation import Installation
from idp.language import _
from idp.pages.admin import entry, frame
from idp.pages.admin.rollout import in_words, problems, typed
from idp.pages.admin.rollout.board import PATH, stage_path
from idp.pages.admin.rollout.typed import Typed
from idp.pages.interaction.words import level_text
from idp.policy.reach import can_ever_hold
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout.errors import StageError
from idp.rollout.population import Population
from idp.signin.interaction import Authorized
from idp.store.rollout import stages

NEW = f"{PATH}new"


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the form, for a new stage and for one that is there."""
    zone = installation.settings.brand.time_zone

    @views.get("/rollout/new")
    @entry.reads(installation, new_path, Action.ROLLOUT_CHANGE)
    def new(who: Authorized) -> Response:
        given = typed.read(request.args, zone) if request.args.get("level") else Typed(zone=zone)
        return form(installation, who, None, given)

    @views.get("/rollout/stages/<stage_id>/edit")
    @entry.reads(installation, edit_path, Action.ROLLOUT_CHANGE)
    def edit(who: Authorized, stage_id: str) -> Response:
        before = found(stage_id)
        given = typed.read(request.args, zone) if request.args.get("level") else None
        return form(installation, who, before, given or typed.of_stage(web.work(), before))


def found(stage_id: str) -> Stage:
    """Return a stage; the page of what is not there otherwise."""
    stage = stages.by_id(web.work(), stage_id)
    if stage is None:
        abort(404)
    return stage


# -- addresses to come back to, with all that was typed


def query() -> str:
    """Return what was typed as the query of an address, "" where nothing was."""
    values = request.form if request.method == "POST" else request.args
    return f"?{typed.read(values, '').query()}" if values.get("level") else ""


def new_path() -> str:
    """Return the address of the form for a new stage."""
    return NEW + query()


def edit_path(stage_id: str) -> str:
    """Return the address of the form for a stage that is there."""
    return stage_path(stage_id, "edit") + query()


# -- the page


def form(
    installation: Installation,
    who: Authorized,
    before: Stage | None,
    given: Typed,
    problem: StageError | None = None,
) -> Response:
    """Show the form, with what is wrong with it beside the field."""
    work, rules = web.work(), installation.signin.rules
    population = Population(work, installation.signin)
    levels = [
        level
        for level in rules.levels
        if level.name == given.level or (level.kinds > 1 and can_ever_hold(level, rules.abilities))
    ]
    return frame.show(
        "rollout/stage_form",
        who,
        place=PATH,
        status=400 if problem else 200,
        title=_("Change this stage") if before else _("Plan a stage"),
        error=problems.words(problem) if problem else None,
        field=problem.field if problem else None,
        stage=before.id if before else None,
        about=in_words.sentence(work, rules, before) if before else None,
        action=stage_path(before.id, "preview") if before else f"{NEW}/preview",
        back=stage_path(before.id) if before else PATH,
        typed=given,
        everyone=sum(population.types.values()),
        types=_choices("type", population.types.items(), given),
        groups=_choices("group", population.groups.items(), given),
        strengths=in_words.STRENGTHS,
        levels=[(level.name, level_text(rules, level.name)) for level in levels],
        proofs={"": in_words.as_set(rules), **in_words.PROOFS},
        labels=in_words.FIELDS,
        today=clock.iso(clock.now())[:10],
    )


def _choices(kind: str, counted: Any, given: Typed) -> list[dict[str, Any]]:
    """Return the kinds of people there are, with how many; also those named that are no longer."""
    heads = {f"{kind}:{name}": count for name, count in sorted(counted)}
    named = (one for one in (*given.audience, *given.excluded) if one.startswith(f"{kind}:"))
    heads |= {one: 0 for one in named if one not in heads}
    return [
        {"value": value, "name": value.partition(":")[2], "people": count}
        for value, count in heads.items()
    ]
