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


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's addresses to the interaction's."""

    @views.get(PATH)
    @turn.When(installation, installation.contact_proof.step)
    def contact(interaction: Interaction, step: Change) -> Response:
        return _page(installation, interaction, step, None)

    @views.post(PATH)
    @turn.proving(installation)
    def confirm_contact(interaction: Interaction) -> Response:
        result = installation.contact_proof.confirm(web.work(), interaction, request.form)
        if isinstance(result, Rejected):
            return _rejected(installation, interaction, result)
        return dispatcher.proved(installation, interaction, result)

    @views.post(f"{PATH}/send")
    @turn.at_any_step(installation)
    def send_contact_code(interaction: Interaction) -> Response:
        way = request.form.get("way", "")
        result = installation.contact_proof.send(web.work(), interaction, way)
        return sent(
            installation, interaction, result, PATH, partial(_rejected, installation, interaction)
        )


def _rejected(installation: Installation, interaction: Interaction, rejected: Rejected) -> Response:
    step = installation.contact_proof.step(web.work(), interaction)
    return (
        _page(installation, interaction, step, rejected) if step else dispatcher.back(interaction)
    )


def _page(
    installation: Installation, interaction: Interaction, step: Change, rejected: Rejected | None
) -> Response:
    page = installation.contact_proof.page(web.work(), interaction)
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
