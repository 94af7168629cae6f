"""The page of recovery codes: new ones after one was used, or the first beside a second step."""

from flask import Blueprint, Response, request

from idp import web
from idp.authenticators.recovery import Recovery
from idp.installation import Installation
from idp.language import _
from idp.pages.interaction import counted, dispatcher, turn
from idp.pages.interaction.render import render
from idp.people.factors import recovery_codes
from idp.people.factors.credentials import Way
from idp.policy.steps import Keep, Mark
from idp.signin import answers
from idp.signin.interaction import Interaction
from idp.store import people
from idp.store.people import PersonRow
from idp.store.signin import marks


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address to the interaction's."""
    recovery = installation.signin.authenticators["recovery"]
    assert isinstance(recovery, Recovery)

    @views.get("/keep")
    @turn.of(installation, Keep)
    def codes(interaction: Interaction, step: Keep) -> Response:
        assert interaction.person is not None, "a second step was proved before"
        later = f"{dispatcher.base(interaction)}/keep/later"
        return render(
            "keep",
            interaction,
            None,
            title=_("Keep your recovery codes")
            if step.first
            else _("Keep your new recovery codes"),
            step_note=None if step.first else counted.keeping(installation, interaction),
            draft=recovery_codes.draft(recovery, interaction.person),
            first=step.first,
            lost=[] if step.first else _perhaps_lost(installation, interaction, interaction.person),
            later_url=later if step.optional else None,
            can_cancel=not step.optional,
        )

    @views.post("/keep")
    @turn.of(installation, Keep)
    def kept(interaction: Interaction, step: Keep) -> Response:
        work, person, sealed = web.work(), interaction.person, request.form.get("draft", "")
        assert person is not None, "a second step was proved before"
        if recovery_codes.keep(work, recovery, person, sealed, interaction.id):
            marks.put(work, interaction.id, person.id, Mark.CODES_KEPT)
            if not step.first:
                _remove_lost(installation, interaction, person)
        return dispatcher.back(interaction)

    @views.post("/keep/later")
    @turn.of(installation, Keep)
    def without_codes(interaction: Interaction, step: Keep) -> Response:
        if step.optional:
            answers.codes_put_off(web.work(), interaction)
        return dispatcher.back(interaction)


def _perhaps_lost(
    installation: Installation, interaction: Interaction, person: PersonRow
) -> list[Way]:
    """Return the second steps that were not used in this sign-in: the lost one is among them."""
    used = {proof.credential for proof in interaction.proofs}
    return [
        way
        for way in installation.credentials.ways(web.work(), person)
        if way.removable and way.second and way.row.id not in used
    ]


def _remove_lost(installation: Installation, interaction: Interaction, person: PersonRow) -> None:
    """Take away what the person says is lost: anyone who finds it may not sign in with it."""
    named = set(request.form.getlist("lost"))
    for way in _perhaps_lost(installation, interaction, person):
        if way.row.id in named:
            now = people.by_id(web.work(), person.id) or person
            installation.credentials.remove(web.work(), now, way.row.id)
