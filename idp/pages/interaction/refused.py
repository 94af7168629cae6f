"""The page for a person who cannot sign in, whatever that person does: told first."""

from flask import Blueprint, Response

from idp import web
from idp.installation import Installation
from idp.language import Words, _
from idp.pages.interaction import dispatcher, turn
from idp.pages.interaction.render import render
from idp.people import help_reference
from idp.policy.steps import Bar, Refuse
from idp.signin.interaction import Interaction
from idp.store.db import Work
from idp.web import step_pages

TITLES: dict[Bar, Words] = {
    Bar.DISABLED: _("Your account is switched off"),
    Bar.UNREACHABLE: _("You cannot sign in yet"),
}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's addresses to the interaction's."""

    def barred(work: Work, interaction: Interaction) -> Bar | None:
        step = installation.signin.next_step(work, interaction)
        return step.bar if isinstance(step, Refuse) else None

    @views.get(f"/{step_pages.REFUSED}")
    @turn.When(installation, barred)
    def refused(interaction: Interaction, bar: Bar) -> Response:
        assert interaction.person is not None, "what bars is the account"
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
    @turn.When(installation, barred)
    def leave(interaction: Interaction, _bar: Bar) -> Response:
        """Let the application be told."""
        if interaction.demand.client_id is None:
            return dispatcher.back(interaction)
        return web.see_other(interaction.demand.return_to.format(id=interaction.id))
