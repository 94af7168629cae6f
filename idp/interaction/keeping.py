"""The page of new recovery codes, after one was used in the sign-in."""

from flask import Blueprint, Response, request

from idp import keeping, web
from idp.authenticators.recovery import Recovery
from idp.installation import Installation
from idp.interaction import dispatcher
from idp.interaction.pages import render
from idp.language import _
from idp.policy.types import Keep
from idp.store import interactions


def add_to(views: Blueprint, this: Installation) -> None:
    """Add the page's address to the interaction's."""
    recovery = this.signin.authenticators["recovery"]
    assert isinstance(recovery, Recovery)

    @views.get("/keep")
    def codes(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        step = this.signin.next_step(web.work(), interaction)
        if not isinstance(step, Keep) or interaction.person is None:
            return dispatcher.back(interaction)
        return render(
            "keep",
            interaction,
            None,
            title=_("Keep your new recovery codes"),
            draft=keeping.draft(recovery, interaction.person),
        )

    @views.post("/keep")
    def kept(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        work, person = web.work(), interaction.person
        if isinstance(this.signin.next_step(work, interaction), Keep) and person is not None:
            sealed = request.form.get("draft", "")
            if keeping.keep(work, recovery, person, sealed, interaction.id):
                interactions.mark(work, interaction.id, person.id, "kept_at")
        return dispatcher.back(interaction)
