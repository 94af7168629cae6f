"""The page of a new password, when one is demanded: the last step before a sign-in finishes."""

from flask import Blueprint, Response, request

from idp import web
from idp.authenticators.base import Rejected
from idp.authenticators.codes import mask_email
from idp.installation import Installation
from idp.language import _
from idp.pages.interaction import dispatcher
from idp.pages.interaction.render import render
from idp.policy.steps import Renew
from idp.signin.interaction import Interaction

EMPTY = _("Type a new password.")


def add_to(views: Blueprint, this: Installation) -> None:
    """Add the page's addresses to the interaction's."""

    @views.get("/renew")
    def renew(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        return _page(this, interaction)

    @views.post("/renew")
    def renewed(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        if not _its_turn(this, interaction):
            return dispatcher.back(interaction)
        new = request.form.get("password", "")
        if not new:
            return _page(this, interaction, Rejected("no password", EMPTY))
        rejected = this.passwords.renew(web.work(), interaction, new)
        return _page(this, interaction, rejected) if rejected else dispatcher.back(interaction)

    @views.post("/renew/send")
    def send_link(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        if not _its_turn(this, interaction) or not this.passwords.by_mail(web.work(), interaction):
            return dispatcher.back(interaction)
        assert interaction.person is not None
        client = interaction.demand.client_id
        rejected = this.password_links.mail_demanded(web.work(), interaction.person, client)
        if rejected:
            return _page(this, interaction, rejected)
        return web.see_other(f"{dispatcher.base(interaction)}/renew/sent")

    @views.get("/renew/sent")
    def link_sent(interaction_id: str) -> Response:
        return _page(this, dispatcher.load(this, interaction_id), sent=True)


def _its_turn(this: Installation, interaction: Interaction) -> bool:
    return isinstance(this.signin.next_step(web.work(), interaction), Renew)


def _page(
    this: Installation,
    interaction: Interaction,
    rejected: Rejected | None = None,
    *,
    sent: bool = False,
) -> Response:
    person = interaction.person
    if person is None or not _its_turn(this, interaction):
        return dispatcher.back(interaction)
    return render(
        "renew",
        interaction,
        rejected,
        title=_("Choose a new password"),
        by_mail=this.passwords.by_mail(web.work(), interaction),
        sent=sent,
        shortest=this.passwords.rule.shortest(web.work(), person),
        address=mask_email(person.email),
        username=person.username,
        stuck=_("I can't use this way")
        if this.passwords.by_mail(web.work(), interaction)
        else None,
    )
