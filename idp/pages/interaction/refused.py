"""The page for a person who cannot sign in, whatever that person does: told first."""

from flask import Blueprint, Response

from idp import web
from idp.installation import Installation
from idp.language import Words, _
from idp.pages.interaction import dispatcher
from idp.pages.interaction.render import render
from idp.people import help_reference
from idp.policy.steps import Bar, Refuse
from idp.signin.interaction import Interaction
from idp.web import step_pages

TITLES: dict[Bar, Words] = {
    Bar.DISABLED: _("Your account is switched off"),
    Bar.UNREACHABLE: _("You cannot sign in yet"),
}


def add_to(views: Blueprint, this: Installation) -> None:
    """Add the page's addresses to the interaction's."""

    @views.get(f"/{step_pages.REFUSED}")
    def refused(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        bar = _bar(this, interaction)
        if bar is None or interaction.person is None:
            return dispatcher.back(interaction)
        help_reference.note(web.work(), interaction, f"cannot sign in: {bar}")
        return render(
            "refused",
            interaction,
            None,
            title=TITLES[bar],
            bar=bar.value,
            confirmed=interaction.person.email_verified,
            reference=help_reference.reference(interaction.id),
            can_cancel=False,
        )

    @views.post("/leave")
    def leave(interaction_id: str) -> Response:
        """Let the application be told."""
        interaction = dispatcher.load(this, interaction_id)
        if _bar(this, interaction) is None or interaction.demand.client_id is None:
            return dispatcher.back(interaction)
        return web.see_other(interaction.demand.return_to.format(id=interaction.id))


def _bar(this: Installation, interaction: Interaction) -> Bar | None:
    step = this.signin.next_step(web.work(), interaction)
    return step.bar if isinstance(step, Refuse) else None
