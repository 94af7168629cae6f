"""Who gets through once a stage is in force: the stuck with reason and remedy, and who is asked."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request

from idp import moments, web
from idp.installation import Installation
from idp.language import Words, _, n_
from idp.pages.admin import entry, frame
from idp.pages.admin.rollout import in_words, outlooks
from idp.pages.admin.rollout.board import PATH, stage_path
from idp.pages.admin.rollout.outlooks import Outlooks
from idp.pages.admin.rollout.stage_form import found as stage_of
from idp.policy.readiness import State
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.policy.steps import Obstacle
from idp.rollout import remedies
from idp.rollout.forecast import Doubt, Outlook
from idp.rollout.population import Population
from idp.signin.interaction import Authorized

SHOWN = {State.STUCK.value: State.STUCK, State.ASKED.value: State.ASKED}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of a stage's outlook."""

    @views.get("/rollout/stages/<stage_id>/people")
    @entry.reads(installation, _path, Action.ROLLOUT_READ)
    def outlook(who: Authorized, stage_id: str) -> Response:
        stage = stage_of(stage_id)
        if not outlooks.affordable(Population(web.work(), installation.signin)):
            return _too_many(who, stage)
        return _show(installation, who, stage, SHOWN.get(request.args.get("show", ""), State.STUCK))


def _path(stage_id: str) -> str:
    shown = request.args.get("show", "")
    return stage_path(stage_id, "people") + (f"?show={shown}" if shown in SHOWN else "")


def _show(installation: Installation, who: Authorized, stage: Stage, wanted: State) -> Response:
    work = web.work()
    found = outlooks.of_stage(installation, work, stage, wanted)
    count = found.summary.stuck if wanted is State.STUCK else found.summary.asked
    return frame.show(
        "rollout/outlook",
        who,
        place=PATH,
        title=headline(found),
        sentence=in_words.sentence(work, installation.signin.rules, stage),
        summary=found.summary,
        shown=wanted.value,
        rows=[_row(one) for one in found.listed],
        more=count - len(found.listed),
        base=stage_path(stage.id, "people"),
        back=stage_path(stage.id),
    )


def _too_many(who: Authorized, stage: Stage) -> Response:
    return frame.show(
        "rollout/outlook",
        who,
        place=PATH,
        title=_("Who gets through"),
        command=f"acrux stage forecast {stage.id}",
        back=stage_path(stage.id),
    )


def headline(found: Outlooks) -> Words:
    """Say how many cannot get through, and on which day."""
    date = moments.weekday(found.at)
    if not found.summary.stuck:
        return _("Everyone gets through on %(date)s", date=date)
    return n_(
        "%(num)s person cannot get through on %(date)s",
        "%(num)s people cannot get through on %(date)s",
        found.summary.stuck,
        date=date,
    )


def _row(one: Outlook) -> dict[str, Any]:
    return {
        "name": one.person.name,
        "username": one.person.username,
        "user_type": one.person.user_type,
        "grace": one.grace,
        "told": list(_told(one)),
    }


def _told(one: Outlook) -> Iterator[dict[str, Words]]:
    """Return why someone is stuck, or may be, and what mends it."""
    reasons: tuple[Obstacle | Doubt, ...] = (*one.readiness.obstacles, *one.doubts)
    for reason in reasons:
        remedy = remedies.of(reason, one.person)
        yield {"reason": remedy.reason, "remedy": remedy.remedy}
