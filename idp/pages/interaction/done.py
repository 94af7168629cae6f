"""The page that says that a second step is set up: what is asked from now on, and what to keep."""

from flask import Blueprint, Response, request

from idp import web
from idp.installation import Installation
from idp.language import Either, Text, _
from idp.pages.interaction import dispatcher, turn
from idp.pages.interaction.render import render
from idp.policy.steps import Done
from idp.policy.types import Codes
from idp.signin import answers
from idp.signin.answers import AfterSetUp
from idp.signin.interaction import Interaction


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address to the interaction's."""

    @views.get("/done")
    @turn.of(installation, Done)
    def done(interaction: Interaction, step: Done) -> Response:
        return render(
            "done",
            interaction,
            None,
            title=_("Done: your second step is set up"),
            next_time=_next_time(installation, interaction, step),
            codes=step.codes,
            must=installation.signin.rules.codes is Codes.REQUIRED,
            another=bool(step.others),
            can_cancel=False,
        )

    @views.post("/done")
    @turn.of(installation, Done)
    def done_read(interaction: Interaction, step: Done) -> Response:
        choice = _chosen(step)
        if choice is not None:
            answers.set_up_read(web.work(), interaction, choice)
        return dispatcher.back(interaction)


def _chosen(step: Done) -> AfterSetUp | None:
    """Return what was pressed, if the page had such a button."""
    decision = request.form.get("decision", "")
    there = {AfterSetUp.GO_ON: True, AfterSetUp.KEEP_CODES: step.codes}
    there[AfterSetUp.ADD_ANOTHER] = bool(step.others)
    return next((one for one, can in there.items() if can and one == decision), None)


def _next_time(installation: Installation, interaction: Interaction, step: Done) -> Text:
    """Say what is asked from now on: at every sign-in, or when an application asks for it."""
    known, rules = installation.signin.authenticators, installation.signin.rules
    asked = Either(known[method].next_time for method in step.methods)
    assert interaction.person is not None, "someone has set it up"
    facts = installation.signin.facts.of(web.work(), interaction.person)
    if rules.ask_enrolled or rules.floor or facts.requirement.level:
        return _("Next time you sign in, you will also be asked for %(what)s.", what=asked)
    return _("When a second step is needed, you will be asked for %(what)s.", what=asked)
