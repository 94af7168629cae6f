"""Stopping, resuming and removing a stage: what it means for how many, and then the deed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request

from idp import clock, web
from idp.installation import Installation
from idp.language import Words, _, n_
from idp.operating import cases
from idp.operating.actor import Actor, Work
from idp.operating.refusals import Changed
from idp.operating.rollout.stages import Rollout
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.rollout import in_words, meanwhile
from idp.pages.admin.rollout.board import PATH, stage_path
from idp.pages.admin.rollout.stage_form import found
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout.errors import StageChanged
from idp.rollout.population import Figures, Population
from idp.signin.interaction import Authorized
from idp.web import said


@dataclass(frozen=True)
class Deed:
    """What can be done with a stage as it is."""

    title: Words
    means: Callable[[Stage, Figures], Words]
    """What follows from it for the people whom the stage reaches."""
    button: Words
    done: str
    """What is said afterwards, a code of `web.said`."""
    apt: Callable[[Stage], bool]
    do: Callable[[Rollout, Work, Actor, str, str], object]
    """Takes the stage's id, and the version that the page showed."""
    named: bool = False
    """It cannot be taken back: the stage's name is to be typed."""
    leads_to_board: bool = False


def _stopping(_stage: Stage, figures: Figures) -> Words:
    return n_(
        "Nothing is asked of %(num)s person any more until you resume it. What has been set up"
        " stays, and is still asked for.",
        "Nothing is asked of %(num)s people any more until you resume it. What has been set up"
        " stays, and is still asked for.",
        figures.people,
    )


def _resuming(stage: Stage, figures: Figures) -> Words:
    if stage.due(clock.now()):
        return n_(
            "It is required of %(num)s person again from this moment; not ready: %(missing)s.",
            "It is required of %(num)s people again from this moment; not ready: %(missing)s.",
            figures.people,
            missing=figures.missing,
        )
    return n_(
        "It holds again for %(num)s person, with the dates that it has.",
        "It holds again for %(num)s people, with the dates that it has.",
        figures.people,
    )


def _removing(_stage: Stage, figures: Figures) -> Words:
    return n_(
        "Nothing is asked of %(num)s person any more, and the stage and its exceptions are gone for"
        " good. To end it for a while, stop it.",
        "Nothing is asked of %(num)s people any more, and the stage and its exceptions are gone for"
        " good. To end it for a while, stop it.",
        figures.people,
    )


DEEDS: Mapping[str, Deed] = {
    "stop": Deed(
        _("Stop this stage?"),
        _stopping,
        _("Stop this stage"),
        "stage-stopped",
        lambda stage: stage.stopped_at is None,
        lambda can, work, by, stage, seen: can.stop(work, by, stage, seen=seen),
    ),
    "resume": Deed(
        _("Resume this stage?"),
        _resuming,
        _("Resume this stage"),
        "stage-resumed",
        lambda stage: stage.stopped_at is not None,
        lambda can, work, by, stage, seen: can.resume(work, by, stage, seen=seen),
    ),
    "remove": Deed(
        _("Remove this stage?"),
        _removing,
        _("Remove this stage for good"),
        "stage-removed",
        lambda _stage: True,
        lambda can, work, by, stage, seen: can.remove(work, by, stage, seen=seen),
        named=True,
        leads_to_board=True,
    ),
}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of what can be done with a stage."""
    can = cases.of(installation).rollout

    @views.get("/rollout/stages/<stage_id>/<any(stop, resume, remove):deed>")
    @entry.changes(installation, _deed_path, Action.ROLLOUT_CHANGE, given_up=_back)
    def ask(who: Authorized, stage_id: str, deed: str) -> Response:
        return _show(installation, who, found(stage_id), deed)

    @views.post("/rollout/stages/<stage_id>/<any(stop, resume, remove):deed>")
    @entry.changes(installation, _deed_path, Action.ROLLOUT_CHANGE, given_up=_back)
    def do(who: Authorized, stage_id: str, deed: str) -> Response:
        return _do(installation, can, who, found(stage_id), deed)


def _deed_path(stage_id: str, deed: str) -> str:
    return stage_path(stage_id, deed)


def _back(stage_id: str, deed: str) -> str:
    return stage_path(stage_id)


def _show(
    installation: Installation,
    who: Authorized,
    stage: Stage,
    name: str,
    error: Words | None = None,
) -> Response:
    deed, work = DEEDS[name], web.work()
    if not deed.apt(stage):
        return web.see_other(stage_path(stage.id))
    figures = Population(work, installation.signin).figures(stage)
    return frame.show(
        "deed",
        who,
        place=PATH,
        status=409 if error else 200,
        title=deed.title,
        error=error,
        sentence=in_words.sentence(work, installation.signin.rules, stage),
        means=deed.means(stage, figures),
        button=deed.button,
        named=stage.id if deed.named else None,
        version=stage.version,
        action=stage_path(stage.id, name),
        back=stage_path(stage.id),
    )


def _do(
    installation: Installation, can: Rollout, who: Authorized, stage: Stage, name: str
) -> Response:
    deed, version = DEEDS[name], request.form.get("version", "")
    if not deed.apt(stage):
        return web.see_other(stage_path(stage.id))
    if deed.named and request.form.get("name", "").strip() != stage.id:
        return _show(
            installation, who, stage, name, _("Type the name of the stage as it is shown.")
        )
    if version != str(stage.version):
        return _show(installation, who, stage, name, meanwhile.told(web.work(), stage, version))
    try:
        deed.do(can, web.work(), actor(who), stage.id, version)
    except (Changed, StageChanged):
        now = found(stage.id)
        return _show(installation, who, now, name, meanwhile.told(web.work(), now, version))
    return web.see_other(
        said.leading(PATH if deed.leads_to_board else stage_path(stage.id), deed.done)
    )
