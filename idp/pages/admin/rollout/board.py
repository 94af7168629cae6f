"""The board: one row a stage, with whom it is about and how many of them are ready."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from idp import clock, moments, web
from idp.installation import Installation
from idp.language import Words, _, n_
from idp.operating.rollout import outlooks
from idp.operating.rollout.outlooks import Fares
from idp.pages.admin import entry, frame
from idp.pages.admin.rollout import in_words
from idp.pages.interaction.words import level_text
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout import upkeep
from idp.rollout.population import Figures, Population
from idp.signin.interaction import Authorized
from idp.store.db import Work
from idp.store.rollout import exceptions

PATH = frame.ROLLOUT


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the board's address."""

    @views.get("/rollout/")
    @entry.reads(installation, PATH, Action.ROLLOUT_READ)
    def rollout(who: Authorized) -> Response:
        population, found, fares = _counted(installation, web.work())
        excepted = Counter(row.stage_id for row in exceptions.holding(web.work()))
        return frame.show(
            "rollout/board",
            who,
            place=PATH,
            title=_headline(found, fares),
            stages=[
                _row(installation, *one, excepted[one[0].id], fares.get(one[0].id)) for one in found
            ],
            as_of=_as_of(fares),
            people=population.count,
        )


Counts = tuple[Population, list[tuple[Stage, Figures]], Mapping[str, Fares]]


def _counted(installation: Installation, work: Work) -> Counts:
    population = Population(work, installation.signin)
    found = [(stage, population.figures(stage)) for stage in population.stages]
    return population, found, outlooks.on_board(installation, work, population)


def headline(installation: Installation, work: Work) -> Words:
    """Answer what is asked first: who is not ready for the next day."""
    _population, found, fares = _counted(installation, work)
    return _headline(found, fares)


def stage_path(stage_id: str, rest: str = "") -> str:
    """Return the address of a stage's page, or of one below it."""
    return f"{PATH}stages/{stage_id}{'/' if rest else ''}{rest}"


def _headline(found: list[tuple[Stage, Figures]], fares: Mapping[str, Fares]) -> Words:
    now = clock.now()
    running = [(stage, figures) for stage, figures in found if stage.stopped_at is None]
    coming = [one for one in running if one[0].required and not one[0].due(now)]
    if coming:
        stage, figures = min(coming, key=lambda one: one[0].enforce_at or 0)
        date = moments.weekday(stage.enforce_at or now)
        if stage.id in fares and fares[stage.id].stuck:
            return n_(
                "%(num)s person cannot get through on %(date)s",
                "%(num)s people cannot get through on %(date)s",
                fares[stage.id].stuck,
                date=date,
            )
        if not figures.missing:
            return _("Everyone is ready for %(date)s", date=date)
        return n_(
            "%(num)s person is not ready for %(date)s",
            "%(num)s people are not ready for %(date)s",
            figures.missing,
            date=date,
        )
    if any(stage.due(now) for stage, _figures in running):
        return _("All that is planned is in force")
    return _("Nothing is required yet")


def _as_of(fares: Mapping[str, Fares]) -> str | None:
    """Return when the oldest of the forecasts was worked out; None where all were just now."""
    found = [one.computed_at for one in fares.values() if one.computed_at is not None]
    return moments.minute(min(found)) if found else None


def _row(
    installation: Installation,
    stage: Stage,
    figures: Figures,
    excepted: int,
    fares: Fares | None,
) -> dict[str, Any]:
    work = web.work()
    return {
        "id": stage.id,
        "url": stage_path(stage.id),
        "who": in_words.title_of(in_words.whom(work, stage.audience)),
        "what": level_text(installation.signin.rules, stage.level),
        "level": stage.level,
        "state": in_words.state(stage),
        "stopped": stage.stopped_at is not None,
        "when": in_words.moment(stage.enforce_at) if stage.enforce_at is not None else None,
        "people": figures.people,
        "ready": figures.ready,
        "missing": figures.missing,
        "asked": fares.asked if fares else None,
        "stuck": fares.stuck if fares else None,
        "counting": fares is None and upkeep.is_kept(stage),
        "excepted": excepted,
    }
