"""The page of a new password, when one is demanded: the last step before a sign-in finishes."""

from flask import Blueprint, Response, request

from idp import web
from idp.authenticators.base import Rejected
from idp.authenticators.codes import mask_email
from idp.installation import Installation
from idp.language import _
from idp.pages.interaction import dispatcher, turn
from idp.pages.interaction.render import render
from idp.policy.steps import Renew
from idp.signin.interaction import Interaction

EMPTY = _("Type a new password.")


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's addresses to the interaction's."""

    @views.get("/renew")
    @turn.of(installation, Renew)
    def renew(interaction: Interaction, _step: Renew) -> Response:
        return _page(installation, interaction)

    @views.post("/renew")
    @turn.of(installation, Renew)
    def renewed(interaction: Interaction, _step: Renew) -> Response:
        new = request.form.get("password", "")
        if not new:
            return _page(installation, interaction, Rejected("no password", EMPTY))
        rejected = installation.passwords.renew(web.work(), interaction, new)
        return (
            _page(installation, interaction, rejected) if rejected else dispatcher.back(interaction)
        )

    @views.post("/renew/send")
    @turn.of(installation, Renew)
    def send_link(interaction: Interaction, _step: Renew) -> Response:
        if not installation.passwords.by_mail(web.work(), interaction):
            return dispatcher.back(interaction)
        assert interaction.person is not None
        client = interaction.demand.client_id
        rejected = installation.password_links.mail_demanded(web.work(), interaction.person, client)
        if rejected:
            return _page(installation, interaction, rejected)
        return web.see_other(f"{dispatcher.base(interaction)}/renew/sent")

    @views.get("/renew/sent")
    @turn.of(installation, Renew)
    def link_sent(interaction: Interaction, _step: Renew) -> Response:
        return _page(installation, interaction, sent=True)


def _page(
    installation: Installation,
    interaction: Interaction,
    rejected: Rejected | None = None,
    *,
    sent: bool = False,
) -> Response:
    person = interaction.person
    assert person is not None, "a demand follows identification"
    return render(
        "renew",
        interaction,
        rejected,
        title=_("Choose a new password"),
        by_mail=installation.passwords.by_mail(web.work(), interaction),
        sent=sent,
        shortest=installation.passwords.rule.shortest(web.work(), person),
        address=mask_email(person.email),
        username=person.username,
        stuck=_("I can't use this way")
        if installation.passwords.by_mail(web.work(), interaction)
        else None,
    )
