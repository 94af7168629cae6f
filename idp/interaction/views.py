"""The sign-in's addresses. One path per step; a POST ends at the dispatcher or shows its page."""

from flask import Blueprint, Response, abort, request

from idp import answers, moments, web
from idp.authenticators.base import Authenticator, Rejected
from idp.installation import Installation
from idp.interaction import dispatcher, enrolling, words
from idp.interaction.dispatcher import LOGIN
from idp.interaction.pages import render, sent
from idp.policy.types import Announce, Authenticate, Consent, Identify
from idp.progress import Interaction


def blueprint(this: Installation) -> Blueprint:
    """Return the pages, bound to an installation."""
    views = Blueprint("interaction", __name__, url_prefix="/interaction/<interaction_id>")
    web.protect(views)
    _decisions(views, this)
    enrolling.add_to(views, this)
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
            again = this.signin.repeat(web.work(), interaction, method, request.form)
            return dispatcher.proved(interaction, again)
        result = this.signin.prove(web.work(), interaction, method, request.form)
        if isinstance(result, Rejected):
            first = this.signin.authenticators[method].ability.first
            return method_page(this, interaction, LOGIN if first else method, result)
        return dispatcher.proved(interaction, result)

    @views.post("/<method>/send")
    def send(interaction_id: str, method: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        result = this.signin.send(web.work(), interaction, method)

        def show(rejected: Rejected) -> Response:
            return method_page(this, interaction, method, rejected)

        return sent(this, interaction, result, f"/{method}", show)


def method_page(
    this: Installation, interaction: Interaction, name: str, rejected: Rejected | None
) -> Response:
    """Show a method's page, or go to the dispatcher when it is not its turn."""
    step = this.signin.next_step(web.work(), interaction)
    if isinstance(step, Identify):
        if name != LOGIN:
            return dispatcher.back(interaction)
        return _login(interaction, rejected, known=False)
    if not isinstance(step, Authenticate):
        return dispatcher.back(interaction)
    offered = [this.signin.authenticators[method] for method in step.methods]
    if name == LOGIN:
        if not any(a.ability.first for a in offered):
            return dispatcher.back(interaction)
        return _login(interaction, rejected, known=True)
    shown = next((a for a in offered if a.method == name and not a.ability.first), None)
    if shown is None:
        return dispatcher.back(interaction)
    return _second(this, interaction, shown, offered, rejected)


def _login(interaction: Interaction, rejected: Rejected | None, *, known: bool) -> Response:
    person = interaction.person if known else None
    return render(
        "login",
        interaction,
        rejected,
        title="Sign in",
        known=person.name if person else None,
        username=person.username if person else request.form.get("username", interaction.username),
        reason=words.why_again(interaction, known=known),
    )


def _second(
    this: Installation,
    interaction: Interaction,
    shown: Authenticator,
    offered: list[Authenticator],
    rejected: Rejected | None,
) -> Response:
    assert interaction.person is not None
    attempt = this.signin.attempt(web.work(), interaction, interaction.person)
    root = dispatcher.base(interaction)
    return render(
        shown.method,
        interaction,
        rejected,
        step_note=words.step_note(interaction, "your code"),
        alternatives=[
            {"label": other.alternative, "url": f"{root}/{other.method}"}
            for other in offered
            if other is not shown and not other.ability.first
        ],
        **{"title": shown.page_title, **shown.page(attempt)},
    )


def _decisions(views: Blueprint, this: Installation) -> None:
    """Answers that prove nothing: consent, a coming requirement, another account, giving up."""

    @views.get("/consent")
    def consent(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        step = this.signin.next_step(web.work(), interaction)
        if not isinstance(step, Consent):
            return dispatcher.back(interaction)
        sentences = [text for scope, text in words.SCOPES.items() if scope in step.scopes]
        name = words.client_name(interaction)
        return render("consent", interaction, None, title=f"Let {name} in?", scopes=sentences)

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
            title="A second step is coming" if step.at else "Protect your account",
            level_text=words.level_text(this.signin.rules, step.level),
            date_text=moments.day(step.at) if step.at else None,
            required=step.at is not None,
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
        answers.switch(web.work(), interaction)
        return dispatcher.back(interaction)

    @views.post("/cancel")
    def cancel(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        answers.cancel(web.work(), interaction)
        return dispatcher.back(interaction)
