"""The page of a code to a new address or number."""

from functools import partial

from flask import Blueprint, Response, request

from idp import web
from idp.authenticators.base import Rejected
from idp.installation import Installation
from idp.language import _
from idp.pages.interaction import counted, dispatcher, turn
from idp.pages.interaction.render import render, sent
from idp.policy.steps import Change
from idp.signin.interaction import Interaction

PATH = "/contact"


def add_to(views: Blueprint, this: Installation) -> None:
    """Add the page's addresses to the interaction's."""

    @views.get(PATH)
    @turn.When(this, this.contact_proof.step)
    def contact(interaction: Interaction, step: Change) -> Response:
        return _page(this, interaction, step, None)

    @views.post(PATH)
    @turn.proving(this)
    def confirm_contact(interaction: Interaction) -> Response:
        result = this.contact_proof.confirm(web.work(), interaction, request.form)
        if isinstance(result, Rejected):
            return _rejected(this, interaction, result)
        return dispatcher.proved(interaction, result)

    @views.post(f"{PATH}/send")
    @turn.at_any_step(this)
    def send_contact_code(interaction: Interaction) -> Response:
        way = request.form.get("way", "")
        result = this.contact_proof.send(web.work(), interaction, way)
        return sent(this, interaction, result, PATH, partial(_rejected, this, interaction))


def _rejected(this: Installation, interaction: Interaction, rejected: Rejected) -> Response:
    step = this.contact_proof.step(web.work(), interaction)
    return _page(this, interaction, step, rejected) if step else dispatcher.back(interaction)


def _page(
    this: Installation, interaction: Interaction, step: Change, rejected: Rejected | None
) -> Response:
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
