"""Pages that set up a factor during a sign-in: confirm the address, choose, prove possession."""

from flask import Blueprint, Response, request

from idp import web
from idp.authenticators.base import Rejected
from idp.installation import Installation
from idp.language import _
from idp.pages.interaction import counted, dispatcher, words
from idp.pages.interaction.counted import Part
from idp.pages.interaction.render import render, sent
from idp.policy.steps import Change, Mark
from idp.signin import answers
from idp.signin.interaction import Interaction


def add_to(views: Blueprint, this: Installation) -> None:
    """Add the enrolment's addresses to the interaction's."""
    _address(views, this)
    _factor(views, this)

    @views.get("/enrol")
    def enrol(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        return _choices(this, interaction)

    @views.post("/enrol/later")
    def later(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        step = this.enrolment.step(web.work(), interaction)
        if step is not None and step.optional:
            _put_off(interaction)
        return dispatcher.back(interaction)


def _put_off(interaction: Interaction) -> None:
    """Not now: what was offered, or what a stage announced."""
    if Mark.OFFER_TAKEN in interaction.marks:
        answers.offered(web.work(), interaction, taken=False)
    else:
        answers.announced(web.work(), interaction, set_up_now=False)


def _choices(this: Installation, interaction: Interaction) -> Response:
    step = this.enrolment.step(web.work(), interaction)
    if step is None or step.confirm_address:
        return dispatcher.back(interaction)
    root = dispatcher.base(interaction)
    return render(
        "enrol",
        interaction,
        None,
        title=_("Set up a second step"),
        stuck=_("I can't use any of these"),
        step_note=counted.enrolling(interaction, step, Part.CHOOSE),
        reason=words.why_enrol(this, interaction, step),
        choices=[
            {
                "method": a.method,
                "title": a.title,
                "text": a.text,
                "url": f"{root}/enrol/{a.method}",
                "recommended": a.recommended,
            }
            for a in this.enrolment.choices(step)
        ],
        later_url=dispatcher.later(interaction, step),
    )


def _address(views: Blueprint, this: Installation) -> None:
    """The code to the verified address, which only a first second factor needs."""

    @views.get("/enrol/proof")
    def address(interaction_id: str) -> Response:
        return _address_page(this, dispatcher.load(this, interaction_id), None)

    @views.post("/enrol/proof")
    def confirm(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        wrong = this.enrolment.confirm_address(web.work(), interaction, request.form)
        if wrong is not None:
            return _address_page(this, interaction, wrong)
        return dispatcher.back(interaction)

    @views.post("/enrol/proof/send")
    def send_address_code(interaction_id: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        result = this.enrolment.send_address_code(web.work(), interaction)

        def show(rejected: Rejected) -> Response:
            return _address_page(this, interaction, rejected)

        return sent(this, interaction, result, "/enrol/proof", show)


def _address_page(
    this: Installation, interaction: Interaction, rejected: Rejected | None
) -> Response:
    step = this.enrolment.confirming(web.work(), interaction)
    if step is None:
        return dispatcher.back(interaction)
    return render(
        "enrol_proof",
        interaction,
        rejected,
        title=_("First we check that it is you"),
        step_note=counted.changing(interaction, step)
        if isinstance(step, Change)
        else counted.enrolling(interaction, step, Part.CHECK),
        reason=None if isinstance(step, Change) else words.why_enrol(this, interaction, step),
        later_url=dispatcher.later(interaction, step),
        stuck=_("I can't use this way"),
        **this.enrolment.address_page(web.work(), interaction),
    )


def _factor(views: Blueprint, this: Installation) -> None:
    """A method's own enrolment page, its "send" button, and the proof of possession."""

    @views.get("/enrol/<method>")
    def factor(interaction_id: str, method: str) -> Response:
        return _factor_page(this, dispatcher.load(this, interaction_id), method, None)

    @views.post("/enrol/<method>")
    def finish(interaction_id: str, method: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        if interaction.session is not None and interaction.session.stale:
            again = this.signin.proving.repeat(web.work(), interaction, method, request.form)
            return dispatcher.proved(interaction, again)
        result = this.enrolment.finish(web.work(), interaction, method, request.form)
        if isinstance(result, Rejected):
            return _factor_page(this, interaction, method, result)
        return dispatcher.proved(interaction, result)

    @views.post("/enrol/<method>/send")
    def send_factor(interaction_id: str, method: str) -> Response:
        interaction = dispatcher.load(this, interaction_id)
        way = request.form.get("way", "")
        result = this.enrolment.send(web.work(), interaction, method, way)

        def show(rejected: Rejected) -> Response:
            return _factor_page(this, interaction, method, rejected)

        return sent(this, interaction, result, f"/enrol/{method}", show)


def _factor_page(
    this: Installation, interaction: Interaction, method: str, rejected: Rejected | None
) -> Response:
    work = web.work()
    authenticator = this.enrolment.authenticator(work, interaction, method)
    step = this.enrolment.step(work, interaction)
    if authenticator is None or step is None:
        return dispatcher.back(interaction)
    root = dispatcher.base(interaction)
    page = this.enrolment.page(work, interaction, authenticator)
    return render(
        method if authenticator.one_page else f"enrol_{method}",
        interaction,
        rejected,
        page=f"enrol-{method}",
        path=f"{root}/enrol/{method}",
        alternatives=[
            {"label": other.alternative, "url": f"{root}/enrol/{other.method}"}
            for other in this.enrolment.choices(step)
            if other is not authenticator
        ],
        later_url=dispatcher.later(interaction, step),
        can_cancel=not step.optional,
        stuck=authenticator.cannot,
        step_note=counted.enrolling(interaction, step, Part.SET_UP),
        reason=words.why_enrol(this, interaction, step) if len(step.methods) == 1 else None,
        **{"title": authenticator.enrolment_title, **page},
    )
