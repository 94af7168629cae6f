"""The page for a person who cannot sign in, whatever that person does: told first.

Only then, on the person's click, is the application told its error.
"""

from flask import Blueprint, Response

from idp import web
from idp.installation import Installation
from idp.language import Words, _
from idp.pages import obstacles
from idp.pages.interaction import dispatcher, turn, words
from idp.pages.interaction.render import render
from idp.people import help_reference
from idp.policy.steps import Obstacle, Refuse
from idp.signin.interaction import Interaction
from idp.store.db import Work
from idp.web import step_pages

TITLES: dict[Obstacle, Words] = {
    Obstacle.DISABLED: _("Your account is switched off"),
    Obstacle.NOT_YET: _("Set up a second step first"),
}
"""Where nothing is said here, what is true of all others."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's addresses to the interaction's."""

    def barred(work: Work, interaction: Interaction) -> Refuse | None:
        step = installation.signin.next_step(work, interaction)
        return step if isinstance(step, Refuse) and step.obstacles else None

    @views.get(f"/{step_pages.REFUSED}")
    @turn.When(installation, barred)
    def refused(interaction: Interaction, step: Refuse) -> Response:
        names = ", ".join(step.obstacles)
        help_reference.note(web.work(), interaction, f"cannot sign in: {names}")
        return _page(installation, interaction, step.obstacles)

    @views.post("/leave")
    @turn.When(installation, barred)
    def leave(interaction: Interaction, _step: Refuse) -> Response:
        """Let the application be told."""
        if interaction.demand.client_id is None:
            return dispatcher.back(interaction)
        return web.see_other(interaction.demand.return_to.format(id=interaction.id))


def _page(
    installation: Installation, interaction: Interaction, found: tuple[Obstacle, ...]
) -> Response:
    person, client = interaction.person, words.client_name(interaction)
    assert person is not None, "what stands in the way is about the person"
    told = [obstacles.told(one, person, client) for one in found]
    facts = installation.signin.facts.of(web.work(), person)
    of_account = found[0] in (Obstacle.DISABLED, Obstacle.NOTHING_TO_BEGIN)
    return render(
        "refused",
        interaction,
        None,
        title=TITLES.get(found[0], _("You cannot sign in yet")),
        reason=None if of_account else words.who_asks(installation, interaction, facts.requirement),
        reasons=[one.reason for one in told],
        # Several may be mended by the same words.
        remedies=list({str(one.remedy): one.remedy for one in told}.values()),
        set_up="/account/ways" if Obstacle.NOT_YET in found else None,
        home=not of_account and _elsewhere(interaction),
        reference=help_reference.reference(interaction.id),
        can_cancel=False,
    )


def _elsewhere(interaction: Interaction) -> bool:
    """Return True if the account itself is open to who is signed in here: another page asked."""
    session, person = interaction.session, interaction.person
    if interaction.demand.client_id is not None or session is None or person is None:
        return False
    return session.person_id == person.id and not interaction.demand.return_to.startswith(
        "/account"
    )
