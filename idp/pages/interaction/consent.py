"""The page that asks whether an application is let in, and the answer to it."""

from dataclasses import replace

from flask import Blueprint, Response, request

from idp import web
from idp.authenticators.base import Rejected
from idp.installation import Installation
from idp.language import _
from idp.oidc.authorize import shown
from idp.oidc.authorize.shown import CHANGED, Shown
from idp.pages import deeds, permissions
from idp.pages.interaction import dispatcher, turn, words
from idp.pages.interaction.render import render
from idp.policy.steps import Consent
from idp.signin import answers
from idp.signin.interaction import Interaction


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address to the interaction's."""
    rules = installation.settings.oidc

    @views.get("/consent")
    @turn.of(installation, Consent)
    def consent(interaction: Interaction, _step: Consent) -> Response:
        return _page(interaction, shown.now(web.work(), interaction.demand, rules))

    @views.post("/consent")
    @turn.of(installation, Consent)
    def decide(interaction: Interaction, _step: Consent) -> Response:
        decision = request.form.get("decision")
        if decision == "deny":
            answers.consent(web.work(), interaction, allowed=False)
        if decision == "allow":
            found = shown.held(web.work(), interaction.demand, rules)
            if request.form.get("shown") != found.digest:
                return _page(interaction, found, Rejected("something else was shown", CHANGED))
            agreed = replace(interaction, demand=found.agreed())
            answers.consent(web.work(), agreed, allowed=True)
        return dispatcher.back(interaction)


def _page(asked: Interaction, found: Shown, rejected: Rejected | None = None) -> Response:
    interaction = replace(asked, demand=found.demand)
    demand, before = found.demand, asked.demand.agreed
    title = _("Let %(client)s in?", client=words.client_name(interaction))
    if demand.deeds:
        title = _("Do you agree?")
    # Of a client that is ours nothing but the single act is asked.
    scopes = demand.ask.scopes if demand.ask.consent_needed or not demand.deeds else frozenset()
    said = {"error": CHANGED} if before and before != found.digest else {}
    return render(
        "consent",
        interaction,
        rejected,
        title=title,
        shown=found.digest,
        deeds=[deeds.sentence(one) for one in demand.deeds],
        scopes=permissions.sentences(scopes, demand.scope_words) if scopes else [],
        how_long=words.how_long(interaction),
        caution=words.caution(interaction),
        **said,
    )
