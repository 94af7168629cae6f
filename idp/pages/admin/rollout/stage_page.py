"""One stage: its numbers, who decides for whom, all that it says, and what can be done with it."""

from typing import Any

from flask import Blueprint, Response

from idp import clock, web
from idp.installation import Installation
from idp.language import _
from idp.pages.admin import entry, frame
from idp.pages.admin.rollout import in_words
from idp.pages.admin.rollout.board import PATH, stage_path
from idp.pages.admin.rollout.stage_form import found
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout.population import Figures, Population
from idp.signin.interaction import Authorized
from idp.store.rollout import exceptions


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of a stage."""

    @views.get("/rollout/stages/<stage_id>")
    @entry.reads(installation, stage_path, Action.ROLLOUT_READ)
    def stage(who: Authorized, stage_id: str) -> Response:
        return _show(installation, who, found(stage_id))


def _show(installation: Installation, who: Authorized, stage: Stage) -> Response:
    work, rules = web.work(), installation.signin.rules
    population = Population(work, installation.signin)
    figures = population.figures(stage, max(clock.now(), stage.enforce_at or 0))
    excepted = sum(row.stage_id == stage.id for row in exceptions.holding(work))
    return frame.show(
        "rollout/stage",
        who,
        place=PATH,
        title=in_words.title(work, stage),
        stopped=stage.stopped_at is not None,
        trusting=stage.trusting and stage.stopped_at is None,
        sentence=in_words.sentence(work, rules, stage),
        figures=figures,
        deciding=_deciding(population, figures),
        excepted=excepted,
        facts=[
            {"field": _("State"), "after": in_words.state(stage)},
            *in_words.facts(work, rules, stage),
            {"field": _("Name of the stage"), "after": stage.id},
        ],
        base=stage_path(stage.id),
        back=PATH,
    )


def _deciding(population: Population, figures: Figures) -> list[dict[str, Any]]:
    """Return which stage decides for how many of the people, this one among them."""
    named = {one.id: one for one in population.stages}
    return [
        {
            "who": in_words.title(web.work(), named[stage_id]) if stage_id in named else None,
            "url": stage_path(stage_id),
            "people": people,
        }
        for stage_id, people in figures.deciding.most_common()
    ]
