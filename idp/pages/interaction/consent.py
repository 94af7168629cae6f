"""The page that asks whether an application is let in, and the answer to it."""

from flask import Blueprint, Response, request

from idp import web
from idp.installation import Installation
from idp.language import _
from idp.pages import permissions
from idp.pages.interaction import dispatcher, turn, words
from idp.pages.interaction.render import render
from idp.policy.steps import Consent
from idp.signin import answers
from idp.signin.interaction import Interaction


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address to the interaction's."""

    @views.get("/consent")
    @turn.of(installation, Consent)
    def consent(interaction: Interaction, step: Consent) -> Response:
        return render(
            "consent",
            interaction,
            None,
            title=_("Let %(client)s in?", client=words.client_name(interaction)),
            scopes=permissions.sentences(step.scopes),
            how_long=words.how_long(interaction),
            caution=words.caution(interaction),
        )

    @views.post("/consent")
    @turn.of(installation, Consent)
    def decide(interaction: Interaction, _step: Consent) -> Response:
        decision = request.form.get("decision")
        if decision in ("allow", "deny"):
            answers.consent(web.work(), interaction, allowed=decision == "allow")
        return dispatcher.back(interaction)
