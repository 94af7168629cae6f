"""The page that asks whether an application is let in, and the answer to it."""

from flask import Blueprint, Response, request

from idp import web
from idp.installation import Installation
from idp.language import _
from idp.pages import deeds, permissions
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
        demand = interaction.demand
        title = _("Let %(client)s in?", client=words.client_name(interaction))
        if demand.deeds:
            title = _("Do you agree?")
        # Of a client that is ours nothing but the single act is asked.
        asked = step.scopes if demand.ask.consent_needed or not demand.deeds else frozenset()
        return render(
            "consent",
            interaction,
            None,
            title=title,
            deeds=[deeds.sentence(one) for one in demand.deeds],
            scopes=permissions.sentences(asked, demand.scope_words) if asked else [],
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
