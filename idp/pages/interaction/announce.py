"""The page that announces what a stage will demand, and the answer to it."""

from flask import Blueprint, Response, request

from idp import moments, web
from idp.installation import Installation
from idp.language import _
from idp.pages.interaction import dispatcher, turn, words
from idp.pages.interaction.render import render
from idp.policy.steps import Announce
from idp.signin import answers
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
            title=_("A second step is coming") if step.at else _("Protect your account"),
            level_text=words.level_text(installation.signin.rules, step.level),
            date_text=moments.day(step.at) if step.at else None,
        )

    @views.post("/announce")
    @turn.of(installation, Announce)
    def announced(interaction: Interaction, _step: Announce) -> Response:
        decision = request.form.get("decision")
        if decision in ("now", "later"):
            answers.announced(web.work(), interaction, set_up_now=decision == "now")
        return dispatcher.back(interaction)
