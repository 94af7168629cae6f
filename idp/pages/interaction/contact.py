"""The page of a code to a new address or number."""

from flask import Blueprint, Response, request

from idp import web
from idp.authenticators.base import Rejected
from idp.installation import Installation
from idp.language import _
from idp.pages.interaction import counted, dispatcher
from idp.pages.interaction.render import render, sent
from idp.signin.interaction import Interaction

PATH = "/contact"


def add_to(views: Blueprint, this: Installation) -> None:
    """Add the page's addresses to the interaction's."""

    @views.get(PATH)
    def contact(interaction_id: str) -> Response:
        return _page(this, dispatcher.load(this, interaction_id), None)

    @views.post(PATH)
    def confirm_contact(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        if interaction.session is not None and interaction.session.stale:
            again = this.signin.proving.repeat(web.work(), interaction, "", request.form)
            return dispatcher.proved(interaction, again)
        result = this.contact_proof.confirm(web.work(), interaction, request.form)
        if isinstance(result, Rejected):
            return _page(this, interaction, result)
        return dispatcher.proved(interaction, result)

    @views.post(f"{PATH}/send")
    def send_contact_code(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        way = request.form.get("way", "")
        result = this.contact_proof.send(web.work(), interaction, way)

        def show(rejected: Rejected) -> Response:
            return _page(this, interaction, rejected)

        return sent(this, interaction, result, PATH, show)


def _page(this: Installation, interaction: Interaction, rejected: Rejected | None) -> Response:
    step = this.contact_proof.step(web.work(), interaction)
    if step is None:
        return dispatcher.back(interaction)
    page = this.contact_proof.page(web.work(), interaction)
    number, address = _("Confirm your mobile number"), _("Confirm your e-mail address")
    title = number if page["by_phone"] else address
    return render(
        "contact",
        interaction,
        rejected,
        title=title,
        step_note=counted.changing(interaction, step),
        stuck=_("I can't use this way"),
        **page,
    )
