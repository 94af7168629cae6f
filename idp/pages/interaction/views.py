"""The sign-in's addresses. One path per step; a POST ends at the dispatcher or shows its page."""

from flask import Blueprint, Response, abort, request

from idp import moments, web
from idp.authenticators.base import Authenticator, Rejected
from idp.installation import Installation
from idp.language import _
from idp.pages import permissions
from idp.pages.interaction import (
    contact,
    dispatcher,
    enrol,
    keep,
    offer,
    refused,
    renew,
    stuck,
    words,
)
from idp.pages.interaction.render import render, sent
from idp.people import lost_ways
from idp.policy.steps import Announce, Authenticate, Consent, Identify
from idp.signin import answers, arrival
from idp.signin.interaction import Interaction
from idp.web import csrf, said, usual
from idp.web.step_pages import LOGIN


def blueprint(this: Installation) -> Blueprint:
    """Return the pages, bound to an installation."""
    views = Blueprint("interaction", __name__, url_prefix="/interaction/<interaction_id>")
    csrf.protect(views)
    _decisions(views, this)
    enrol.add_to(views, this)
    contact.add_to(views, this)
    keep.add_to(views, this)
    offer.add_to(views, this)
    renew.add_to(views, this)
    refused.add_to(views, this)
    stuck.add_to(views, this)
    _methods(views, this)

    @views.get("")
    def dispatch(interaction_id: str) -> Response:
        return dispatcher.dispatch(this, dispatcher.load(this, interaction_id))

    return views


def _methods(views: Blueprint, this: Installation) -> None:
    """Pages and answers of the methods, none of which is named here."""

    @views.get("/<method>")
    def show_method(interaction_id: str, method: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        return method_page(this, interaction, method, None)

    @views.post("/<method>")
    def prove(interaction_id: str, method: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        if method not in this.signin.authenticators:
            abort(404)
        if interaction.session is not None and interaction.session.stale:
            again = this.signin.proving.repeat(web.work(), interaction, method, request.form)
            return dispatcher.proved(interaction, again)
        result = this.signin.proving.prove(web.work(), interaction, method, request.form)
        if isinstance(result, Rejected):
            this.unfinished.note(web.work(), interaction, result)
            return method_page(this, interaction, method, result)
        if result is not None:
            usual.remember_name(request.form)
            arrival.came(web.work(), interaction)
            offer.note_able(this, interaction.id)
        return dispatcher.proved(interaction, result)

    @views.post("/<method>/send")
    def send(interaction_id: str, method: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        way = request.form.get("way", "")
        result = this.signin.proving.send(web.work(), interaction, method, way)

        def show(rejected: Rejected) -> Response:
            return method_page(this, interaction, method, rejected)

        return sent(this, interaction, result, f"/{method}", show)


def method_page(
    this: Installation, interaction: Interaction, name: str, rejected: Rejected | None
) -> Response:
    """Show a method's page, or go to the dispatcher when it is not its turn."""
    step = this.signin.next_step(web.work(), interaction)
    begins = isinstance(step, Identify) or (isinstance(step, Authenticate) and step.begins)
    if begins and (name == LOGIN or rejected):
        return _login(this, interaction, rejected, known=isinstance(step, Authenticate))
    if begins or not isinstance(step, Authenticate):
        return dispatcher.back(interaction)
    offered = [this.signin.authenticators[method] for method in step.methods]
    shown = next((a for a in offered if a.method == name), None)
    if shown is None:
        return dispatcher.back(interaction)
    return _second(this, interaction, shown, offered, rejected)


def _login(
    this: Installation, interaction: Interaction, rejected: Rejected | None, *, known: bool
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
        reason=words.no_registration(interaction, this.settings.brand.name)
        or words.why_again(interaction, known=known),
        note=said.words(interaction.demand.return_to, this.signin.authenticators),
        can_reset=this.password_links.available(),
        forgot=f"/forgot/{interaction.id}",
        **this.signin.proving.first_page(web.work(), interaction, known=known),
    )


def _typed(interaction: Interaction) -> str:
    """Return the name to begin with: typed just now, hinted at, or remembered in this browser."""
    return request.form.get("username", interaction.username) or usual.read().username


def _signed_in_here(interaction: Interaction) -> bool:
    person, session = interaction.person, interaction.session
    return person is not None and session is not None and session.person_id == person.id


def _second(
    this: Installation,
    interaction: Interaction,
    shown: Authenticator,
    offered: list[Authenticator],
    rejected: Rejected | None,
) -> Response:
    assert interaction.person is not None
    attempt = this.signin.proving.attempt(web.work(), interaction, interaction.person)
    root = dispatcher.base(interaction)
    return render(
        shown.method,
        interaction,
        rejected,
        path=f"{root}/{shown.method}",
        step_note=words.step_note(interaction, shown.step_note),
        reason=words.why_again(interaction, known=True),
        without=_without(this, interaction, offered),
        stuck=shown.cannot,
        alternatives=[
            {"label": other.alternative, "url": f"{root}/{other.method}"}
            for other in offered
            if other is not shown
        ],
        **{"title": shown.page_title, **shown.page(attempt)},
    )


def _without(
    this: Installation, interaction: Interaction, offered: list[Authenticator]
) -> str | None:
    """Return where a change can be asked for without what is offered, if it is one of ours."""
    person = interaction.person
    if person is None or not words.changes_account(interaction):
        return None
    lost = this.lost_ways.possible(web.work(), person)
    strong = {way.method for way in offered if not way.ability.remembered}
    return lost_ways.PAGE if lost is not None and strong <= lost.without else None


def _decisions(views: Blueprint, this: Installation) -> None:
    """Answers that prove nothing: consent, a coming requirement, another account, giving up."""

    @views.get("/consent")
    def consent(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        step = this.signin.next_step(web.work(), interaction)
        if not isinstance(step, Consent):
            return dispatcher.back(interaction)
        return render(
            "consent",
            interaction,
            None,
            title=_("Let %(client)s in?", client=words.client_name(interaction)),
            scopes=permissions.sentences(step.scopes),
            how_long=words.how_long(interaction),
            caution=words.caution(interaction),
        )

    @views.post("/consent")
    def decide(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        step = this.signin.next_step(web.work(), interaction)
        decision = request.form.get("decision")
        if isinstance(step, Consent) and decision in ("allow", "deny"):
            answers.consent(web.work(), interaction, allowed=decision == "allow")
        return dispatcher.back(interaction)

    @views.get("/announce")
    def announce(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        step = this.signin.next_step(web.work(), interaction)
        if not isinstance(step, Announce):
            return dispatcher.back(interaction)
        return render(
            "announce",
            interaction,
            None,
            title=_("A second step is coming") if step.at else _("Protect your account"),
            level_text=words.level_text(this.signin.rules, step.level),
            date_text=moments.day(step.at) if step.at else None,
        )

    @views.post("/announce")
    def announced(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        step = this.signin.next_step(web.work(), interaction)
        decision = request.form.get("decision")
        if isinstance(step, Announce) and decision in ("now", "later"):
            answers.announced(web.work(), interaction, set_up_now=decision == "now")
        return dispatcher.back(interaction)

    @views.post("/switch")
    def switch(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        this.unfinished.given_up(web.work(), interaction)
        answers.switch(web.work(), interaction)
        return dispatcher.back(interaction)

    @views.post("/cancel")
    def cancel(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        this.unfinished.given_up(web.work(), interaction)
        answers.cancel(web.work(), interaction)
        return dispatcher.back(interaction)
