"""The page that offers a passkey, after everything else of a sign-in is done."""

from flask import Blueprint, Response, request

from idp import web
from idp.installation import Installation
from idp.language import _, n_
from idp.pages.interaction import dispatcher, turn
from idp.pages.interaction.render import render
from idp.policy.steps import Mark, Offer
from idp.signin import answers
from idp.signin.interaction import Interaction
from idp.store.signin import marks

ABLE = "able"
"""The field in which a page's script says that the browser can make passkeys."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address to the interaction's."""

    @views.get("/offer")
    @turn.of(installation, Offer)
    def offer(interaction: Interaction, _step: Offer) -> Response:
        title = _("Sign in faster next time")
        hours = installation.settings.account.recovery_wait
        wait = n_("%(num)s hour", "%(num)s hours", hours) if hours else None
        return render("offer", interaction, None, title=title, can_cancel=False, wait=wait)

    @views.post("/offer")
    @turn.of(installation, Offer)
    def answered(interaction: Interaction, _step: Offer) -> Response:
        decision = request.form.get("decision")
        if decision in ("now", "later"):
            answers.offered(web.work(), interaction, taken=decision == "now")
        return dispatcher.back(interaction)


def note_able(installation: Installation, interaction_id: str) -> None:
    """Remember that the browser can make passkeys, where anyone is ever offered one."""
    passkeys = installation.settings.passkeys
    if request.form.get(ABLE) and passkeys.enabled and passkeys.offer_every:
        marks.put_by_browser(web.work(), interaction_id, Mark.ABLE)
