"""The page that tells what a stage demands, will demand or recommends, and the answer to it."""

from typing import Any

from flask import Blueprint, Response, request

from idp import web
from idp.installation import Installation
from idp.language import Words, _
from idp.pages import obstacles
from idp.pages.interaction import dispatcher, turn, words
from idp.pages.interaction.render import render
from idp.people import help_reference
from idp.policy.steps import Announce
from idp.signin import answers, grace
from idp.signin.interaction import Interaction


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address to the interaction's."""

    @views.get("/announce")
    @turn.of(installation, Announce)
    def announce(interaction: Interaction, step: Announce) -> Response:
        return render(
            "announce",
            interaction,
            None,
            title=_title(step),
            left=step.left,
            weekly=step.at is None,
            soon=step.at is not None and step.left is None,
            **_of_stage(installation, interaction, step),
            **_missing(interaction, step),
        )

    @views.post("/announce")
    @turn.of(installation, Announce)
    def announced(interaction: Interaction, step: Announce) -> Response:
        decision, work = request.form.get("decision"), web.work()
        if decision == "now" and not step.obstacles:
            answers.announced(work, interaction, set_up_now=True)
        elif decision == "later" and step.left is not None:
            grace.put_off(work, installation.signin.facts, interaction)
        elif decision == "later":
            answers.announced(work, interaction, set_up_now=False)
        elif decision == "week" and step.at is None:
            answers.announced(work, interaction, set_up_now=False, quiet=answers.WEEK)
        return dispatcher.back(interaction)


def _title(step: Announce) -> Words:
    if step.left is not None:
        return _("A second step is needed now")
    return _("A second step is coming") if step.at else _("Protect your account")


def _missing(interaction: Interaction, step: Announce) -> dict[str, Any]:
    """Say what the person lacks, and who mends it while there is time."""
    assert interaction.person is not None, "only a person is told of a stage"
    client = words.client_name(interaction)
    told = [obstacles.told(one, interaction.person, client) for one in step.obstacles]
    if told:
        names = ", ".join(step.obstacles)
        help_reference.note(web.work(), interaction, f"cannot set up what is coming: {names}")
    return {
        "reasons": [one.reason for one in told],
        "remedies": list({str(one.remedy): one.remedy for one in told}.values()),
        "reference": help_reference.reference(interaction.id),
    }


def _of_stage(
    installation: Installation, interaction: Interaction, step: Announce
) -> dict[str, Any]:
    """Return what the stage says, in the language spoken."""
    assert interaction.person is not None, "only a person is told of a stage"
    facts = installation.signin.facts
    asked = facts.of(web.work(), interaction.person, {interaction.id}).requirement
    wanted = asked.coming_stage if step.left is None else asked.due_stage
    stage = next((s for s in facts.plan(web.work()).stages if s.id == wanted), None)
    return {
        "lead": words.demanded(installation, step.level, step.at),
        "why": words.why_stage(stage, interaction.person),
        "guidance": stage.guidance if stage else "",
    }
