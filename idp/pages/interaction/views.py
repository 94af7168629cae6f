"""The sign-in's addresses. One path per step; a POST ends at the dispatcher or shows its page."""

from functools import partial

from flask import Blueprint, Response, abort, request

from idp import web
from idp.authenticators.base import Authenticator, Rejected
from idp.installation import Installation
from idp.language import _
from idp.pages.interaction import (
    announce,
    consent,
    contact,
    dispatcher,
    done,
    enrol,
    keep,
    offer,
    refused,
    renew,
    stuck,
    turn,
    words,
)
from idp.pages.interaction.render import render, sent
from idp.people.factors import lost_ways
from idp.policy.steps import Authenticate, Identify
from idp.signin import answers, arrival
from idp.signin.interaction import Interaction
from idp.store.db import Work
from idp.web import csrf, said, usual
from idp.web.step_pages import LOGIN


def blueprint(installation: Installation) -> Blueprint:
    """Return the pages, bound to an installation."""
    views = Blueprint("interaction", __name__, url_prefix="/interaction/<interaction_id>")
    csrf.protect(views)
    _leaving(views, installation)
    consent.add_to(views, installation)
    announce.add_to(views, installation)
    enrol.add_to(views, installation)
    contact.add_to(views, installation)
    keep.add_to(views, installation)
    done.add_to(views, installation)
    offer.add_to(views, installation)
    renew.add_to(views, installation)
    refused.add_to(views, installation)
    stuck.add_to(views, installation)
    _methods(views, installation)

    @views.get("")
    @turn.at_any_step(installation)
    def dispatch(interaction: Interaction) -> Response:
        return dispatcher.dispatch(installation, interaction)

    return views


def _methods(views: Blueprint, installation: Installation) -> None:
    """Pages and answers of the methods, none of which is named here."""

    @views.get("/<method>")
    @turn.When[Identify | Authenticate](installation, partial(_asking, installation))
    def show_method(
        interaction: Interaction, step: Identify | Authenticate, method: str
    ) -> Response:
        return _method_page(installation, interaction, step, method, None)

    @views.post("/<method>")
    @turn.proving(installation)
    def prove(interaction: Interaction, method: str) -> Response:
        if method not in installation.signin.authenticators:
            abort(404)
        result = installation.signin.proving.prove(web.work(), interaction, method, request.form)
        if isinstance(result, Rejected):
            installation.unfinished.note(web.work(), interaction, result)
            return _method_rejected(installation, interaction, method, result)
        if result is not None:
            usual.remember_name(request.form)
            arrival.came(web.work(), interaction)
            offer.note_able(installation, interaction.id)
        return dispatcher.proved(installation, interaction, result)

    @views.post("/<method>/send")
    @turn.at_any_step(installation)
    def send(interaction: Interaction, method: str) -> Response:
        way = request.form.get("way", "")
        result = installation.signin.proving.send(web.work(), interaction, method, way)
        show = partial(_method_rejected, installation, interaction, method)
        return sent(installation, interaction, result, f"/{method}", show)


def _asking(
    installation: Installation, work: Work, interaction: Interaction
) -> Identify | Authenticate | None:
    """Return the step if it is the turn of a method, or of the page that begins with several."""
    step = installation.signin.next_step(work, interaction)
    return step if isinstance(step, Identify | Authenticate) else None


def _method_rejected(
    installation: Installation, interaction: Interaction, name: str, rejected: Rejected
) -> Response:
    step = _asking(installation, web.work(), interaction)
    if step is None:
        return dispatcher.back(interaction)
    return _method_page(installation, interaction, step, name, rejected)


def _method_page(
    installation: Installation,
    interaction: Interaction,
    step: Identify | Authenticate,
    name: str,
    rejected: Rejected | None,
) -> Response:
    if isinstance(step, Identify) or step.begins:
        if name != LOGIN and not rejected:
            return dispatcher.back(interaction)
        return _login(installation, interaction, rejected, known=isinstance(step, Authenticate))
    offered = [installation.signin.authenticators[method] for method in step.methods]
    shown = next((a for a in offered if a.method == name), None)
    if shown is None:
        return dispatcher.back(interaction)
    return _second(installation, interaction, shown, offered, rejected)


def _login(
    installation: Installation, interaction: Interaction, rejected: Rejected | None, *, known: bool
) -> Response:
    person = interaction.person if known else None
    return render(
        "login",
        interaction,
        rejected,
        title=_("Sign in"),
        known=person.name if person else None,
        here=person is not None and _signed_in_here(interaction),
        username=person.username if person else _typed(interaction),
        remembered=bool(usual.read().username),
        reason=words.no_registration(interaction, installation.settings.brand.name)
        or words.why_again(interaction, known=known),
        note=said.words(interaction.demand.return_to, installation.signin.authenticators),
        can_reset=installation.password_links.available(),
        forgot=f"/forgot/{interaction.id}",
        words=words.of_application(interaction),
        other_first=_other_first(installation, interaction),
        **installation.signin.proving.first_page(web.work(), interaction, known=known),
    )


def _other_first(installation: Installation, interaction: Interaction) -> bool:
    """Return True if the application is for beginning otherwise than as most people do."""
    application, known = interaction.demand.application, installation.signin.authenticators
    begins = [way for way in known if known[way].ability.first]
    wanted = [way for way in (application.ways if application else ()) if way in begins]
    return bool(wanted) and wanted[0] != begins[0]


def _typed(interaction: Interaction) -> str:
    """Return the name to begin with: typed just now, hinted at, or remembered in this browser."""
    return request.form.get("username", interaction.username) or usual.read().username


def _signed_in_here(interaction: Interaction) -> bool:
    person, session = interaction.person, interaction.session
    return person is not None and session is not None and session.person_id == person.id


def _second(
    installation: Installation,
    interaction: Interaction,
    shown: Authenticator,
    offered: list[Authenticator],
    rejected: Rejected | None,
) -> Response:
    assert interaction.person is not None
    attempt = installation.signin.proving.attempt(web.work(), interaction, interaction.person)
    root = dispatcher.base(interaction)
    return render(
        f"methods/{shown.method}",
        interaction,
        rejected,
        path=f"{root}/{shown.method}",
        step_note=words.step_note(interaction, shown.step_note),
        reason=words.why_again(interaction, known=True),
        without=_without(installation, interaction, offered),
        stuck=shown.cannot,
        alternatives=[
            {"label": other.alternative, "url": f"{root}/{other.method}"}
            for other in offered
            if other is not shown
        ],
        **{"title": shown.page_title, **shown.page(attempt)},
    )


def _without(
    installation: Installation, interaction: Interaction, offered: list[Authenticator]
) -> str | None:
    """Return where a change can be asked for without what is offered, if it is one of ours."""
    person = interaction.person
    if person is None or not words.changes_account(interaction):
        return None
    lost = installation.lost_ways.possible(web.work(), person)
    strong = {way.method for way in offered if not way.ability.remembered}
    return lost_ways.PAGE if lost is not None and strong <= lost.without else None


def _leaving(views: Blueprint, installation: Installation) -> None:
    """Ways out of a sign-in: another account, giving up."""

    @views.post("/switch")
    @turn.at_any_step(installation)
    def switch(interaction: Interaction) -> Response:
        installation.unfinished.given_up(web.work(), interaction)
        answers.switch(web.work(), interaction)
        return dispatcher.back(interaction)

    @views.post("/cancel")
    @turn.at_any_step(installation)
    def cancel(interaction: Interaction) -> Response:
        installation.unfinished.given_up(web.work(), interaction)
        answers.cancel(web.work(), interaction)
        return dispatcher.back(interaction)
