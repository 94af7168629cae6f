"""What a stage would mean, to how many people, before it is saved; and only then the change."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from idp import clock, web
from idp.installation import Installation
from idp.language import Words, _, n_
from idp.operating import cases
from idp.operating.refusals import Changed
from idp.operating.rollout import outlooks
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.rollout import in_words, meanwhile, problems, typed
from idp.pages.admin.rollout.board import PATH, stage_path
from idp.pages.admin.rollout.stage_form import NEW, edit_path, form, found, new_path, query
from idp.pages.admin.rollout.typed import Typed
from idp.policy import reach, rollout
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout.drafts import Wanted
from idp.rollout.errors import StageChanged, StageError
from idp.rollout.population import Figures, Population
from idp.signin.facts import member
from idp.signin.interaction import Authorized
from idp.store.rollout import notices
from idp.web import said

CHANGE = Action.ROLLOUT_CHANGE
TOLD_AGAIN = "told_again"
"""The box to tick for a day that is earlier than the one that people were e-mailed."""
DESPITE = "despite"
"""The box to tick for a stage that asks something of the person who saves it."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the preview and of the change, for a new stage and for one there is."""
    zone = installation.settings.brand.time_zone

    @views.get("/rollout/new/preview")
    @entry.changes(installation, _new_preview, CHANGE, given_up=new_path)
    def preview_new(who: Authorized) -> Response:
        return _show(installation, who, None, typed.read(request.args, zone))

    @views.post("/rollout/new/preview")
    @entry.changes(installation, _new_preview, CHANGE, given_up=new_path)
    def plan(who: Authorized) -> Response:
        return _save(installation, who, None, typed.read(request.form, zone))

    @views.get("/rollout/stages/<stage_id>/preview")
    @entry.changes(installation, _edit_preview, CHANGE, given_up=edit_path)
    def preview(who: Authorized, stage_id: str) -> Response:
        return _show(installation, who, found(stage_id), typed.read(request.args, zone))

    @views.post("/rollout/stages/<stage_id>/preview")
    @entry.changes(installation, _edit_preview, CHANGE, given_up=edit_path)
    def save(who: Authorized, stage_id: str) -> Response:
        return _save(installation, who, found(stage_id), typed.read(request.form, zone))


def _new_preview() -> str:
    return f"{NEW}/preview{query()}"


def _edit_preview(stage_id: str) -> str:
    return stage_path(stage_id, "preview") + query()


def _draft(
    installation: Installation, who: Authorized, before: Stage | None, given: Typed
) -> tuple[Wanted, Stage]:
    """Return what is typed, and the stage that it would be."""
    work = web.work()
    problems.check_people(work, given, "people", "audience")
    problems.check_people(work, given, "excluded_people", "excluded")
    as_it_was = typed.of_stage(work, before) if before else None
    wanted = given.wanted(as_it_was)
    return wanted, cases.of(installation).rollout.draft(work, actor(who), wanted, before)


def _show(
    installation: Installation,
    who: Authorized,
    before: Stage | None,
    given: Typed,
    error: Words | None = None,
) -> Response:
    """Show what the stage would mean; or the form again, where it cannot be so."""
    work = web.work()
    try:
        _wanted, after = _draft(installation, who, before, given)
    except StageError as problem:
        return form(installation, who, before, given, problem)
    if before and given.version != str(before.version):
        error = error or meanwhile.told(work, before, given.version)
        given = replace(given, version=str(before.version))
    population = Population(work, installation.signin, after)
    figures = population.figures(after, max(clock.now(), after.enforce_at or 0))
    return frame.show(
        "rollout/preview",
        who,
        place=PATH,
        status=409 if error else 200,
        title=_concerns(figures),
        error=error,
        sentence=in_words.sentence(work, installation.signin.rules, after),
        facts=_facts(installation, before, after),
        changed=before is not None,
        figures=figures,
        stuck=_stuck(installation, population, after),
        others=list(_others(figures, after, population)),
        at_once=after.due(clock.now()) and not (before and before.due(clock.now())),
        mailed=_mailed(before, after),
        trusting=after.trusting,
        locks_out=_locks_out(installation, who, after),
        pairs=list(given.pairs()),
        again=(edit_path(before.id) if before else NEW) + "?" + given.query(),
        back=stage_path(before.id) if before else PATH,
    )


def _save(
    installation: Installation, who: Authorized, before: Stage | None, given: Typed
) -> Response:
    work = web.work()
    try:
        wanted, after = _draft(installation, who, before, given)
        if before and given.version != str(before.version):
            return _show(installation, who, before, given)
        if _locks_out(installation, who, after) and not request.form.get(DESPITE):
            first = _("Tick that you will set it up yourself.")
            return _show(installation, who, before, given, first)
        again = bool(request.form.get(TOLD_AGAIN))
        if _mailed(before, after) and not again:
            first = _("Tick that people are e-mailed the earlier day.")
            return _show(installation, who, before, given, first)
        can, by = cases.of(installation).rollout, actor(who)
        if before:
            seen = str(before.version)
            can.change(work, by, before.id, wanted, told_again=again, seen=seen)
        else:
            after = can.add(work, by, wanted)
    except (Changed, StageChanged):
        return _show(installation, who, found(after.id), given)
    except StageError as problem:
        return form(installation, who, before, given, problem)
    code = "stage-changed" if before else "stage-planned"
    return web.see_other(said.leading(stage_path(after.id), code))


def _concerns(figures: Figures) -> Words:
    """Return the answer that the preview gives first."""
    if not figures.people:
        return _("This concerns no one yet")
    if not figures.missing:
        return n_(
            "This concerns %(num)s person, who is ready",
            "This concerns %(num)s people, all of them ready",
            figures.people,
        )
    return n_(
        "This concerns %(num)s person, %(missing)s is not ready",
        "This concerns %(num)s people, %(missing)s are not ready",
        figures.people,
        missing=figures.missing,
    )


def _facts(
    installation: Installation, before: Stage | None, after: Stage
) -> list[dict[str, Words]]:
    """Return all that a new stage says, or what differs from how it was."""
    work, rules = web.work(), installation.signin.rules
    if before:
        return in_words.changed(work, rules, before, after)
    return in_words.facts(work, rules, after)


def _stuck(installation: Installation, population: Population, after: Stage) -> int | None:
    """Return how many will not get through; None where there are too many to ask about each."""
    if not outlooks.affordable(population):
        return None
    return outlooks.of_stage(installation, web.work(), after).summary.stuck


def _others(figures: Figures, after: Stage, population: Population) -> Iterator[dict[str, Any]]:
    """Return which other stages decide for how many of the people whom this one reaches."""
    rules = {stage.id: stage for stage in population.stages}
    for stage_id, people in figures.deciding.most_common():
        other = rules.get(stage_id)
        if other and stage_id != after.id:
            who = in_words.title(web.work(), other)
            yield {"who": who, "url": stage_path(stage_id), "people": people}


def _mailed(before: Stage | None, after: Stage) -> int:
    """Return how many people were e-mailed a later day than the one that is wanted."""
    old, new = before.enforce_at if before else None, after.enforce_at
    if before is None or old is None or new is None or new >= old:
        return 0
    return notices.reached(web.work(), before.id, old)


def _locks_out(installation: Installation, who: Authorized, after: Stage) -> bool:
    """Return True if the stage asks of whoever saves it what that person has not set up."""
    if not after.required or not rollout.reaches(after, member(who.person)):
        return False
    facts = installation.signin.facts.of(web.work(), who.person)
    return not reach.reaches(after.level, facts, facts.enrolled, installation.signin.rules)
