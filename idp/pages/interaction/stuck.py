"""The page for a person who cannot give the step that is asked: what else there is, or whom to ask.

Owns the request for help and its reference, by which support finds the sign-in
(`idp.people.helpdesk`). It opens no way that the step does not have.
"""

from typing import Any

from flask import Blueprint, Response

from idp import web
from idp.installation import Installation
from idp.language import _
from idp.pages.interaction import dispatcher, turn
from idp.pages.interaction.render import render
from idp.people.help_reference import note, reference
from idp.policy.steps import Authenticate, Change, Enrol, Renew, Step
from idp.signin.interaction import Interaction
from idp.store.db import Work
from idp.web import step_pages

PATH = "/stuck"


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address to the interaction's."""

    def in_need(work: Work, interaction: Interaction) -> Step | None:
        step = installation.signin.next_step(work, interaction)
        return step if _may_be_stuck(step) and interaction.person is not None else None

    @views.post(PATH)
    @turn.When[Step](installation, in_need)
    def ask_for_help(interaction: Interaction, step: Step) -> Response:
        note(web.work(), interaction, f"cannot use {step_pages.path(step)}")
        return web.see_other(dispatcher.base(interaction) + PATH)

    @views.get(PATH)
    @turn.When[Step](installation, in_need)
    def stuck(interaction: Interaction, step: Step) -> Response:
        unreached = step.confirm if isinstance(step, Enrol | Change) else None
        no_code, no_way = _("If no code reaches you"), _("If you can't use this way")
        return render(
            "stuck",
            interaction,
            None,
            title=no_code if unreached else no_way,
            unreached=unreached,
            ways=_ways(installation, interaction, step),
            reference=reference(interaction.id),
            shared=isinstance(step, Authenticate),
            later_url=dispatcher.later(interaction, step),
        )


def _may_be_stuck(step: Step) -> bool:
    """Return True for steps that need something a person may have lost, or never had."""
    if isinstance(step, Authenticate):
        return not step.begins
    return isinstance(step, Enrol | Change | Renew)


def _ways(installation: Installation, interaction: Interaction, step: Step) -> list[dict[str, Any]]:
    """Return every way that the step has, where there is more than the one."""
    root = dispatcher.base(interaction)
    if isinstance(step, Authenticate):
        found = [installation.signin.authenticators[method] for method in step.methods]
        ways = [{"label": a.alternative, "url": f"{root}/{a.method}"} for a in found]
    elif isinstance(step, Enrol) and not step.confirm:
        choices = installation.enrolment.choices(step)
        ways = [{"label": a.enrolment_title, "url": f"{root}/enrol/{a.method}"} for a in choices]
    else:
        ways = []
    return ways if len(ways) > 1 else []
