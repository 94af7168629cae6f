"""Pages that set up a factor during a sign-in: confirm the address, choose, prove possession."""

from functools import partial

from flask import Blueprint, Response, request

from idp import web
from idp.authenticators.base import Rejected
from idp.installation import Installation
from idp.language import _
from idp.pages.interaction import counted, dispatcher, turn, words
from idp.pages.interaction.counted import Part
from idp.pages.interaction.render import render, sent
from idp.policy.steps import Change, Enrol, Mark
from idp.signin import answers, grace
from idp.signin.interaction import Interaction
from idp.web import navigation


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the enrolment's addresses to the interaction's."""
    _address(views, installation)
    _factor(views, installation)

    @views.get("/enrol")
    @turn.of(installation, Enrol)
    def enrol(interaction: Interaction, step: Enrol) -> Response:
        return _choices(installation, interaction, step)

    @views.post("/enrol/later")
    @turn.of(installation, Enrol)
    def later(interaction: Interaction, step: Enrol) -> Response:
        if step.optional:
            _put_off(installation, interaction, step)
        return dispatcher.back(interaction)


def _put_off(installation: Installation, interaction: Interaction, step: Enrol) -> None:
    """Not now: another way beside the first, what a stage demands and lets wait, what was offered,
    or what is coming."""
    if Mark.ANOTHER_WANTED in interaction.marks:
        answers.another_put_off(web.work(), interaction)
    elif step.left is not None:
        grace.put_off(web.work(), installation.signin.facts, interaction)
    elif Mark.OFFER_TAKEN in interaction.marks:
        answers.offered(web.work(), interaction, taken=False)
    else:
        answers.announced(web.work(), interaction, set_up_now=False)


def _choices(installation: Installation, interaction: Interaction, step: Enrol) -> Response:
    if step.confirm:
        return dispatcher.back(interaction)
    root = dispatcher.base(interaction)
    return render(
        "enrol",
        interaction,
        None,
        title=words.enrol_title(interaction),
        stuck=_("I can't use any of these"),
        step_note=counted.enrolling(interaction, step, Part.CHOOSE),
        reason=words.why_enrol(installation, interaction, step),
        choices=[
            {
                "method": a.method,
                "title": a.title,
                "text": a.text,
                "url": f"{root}/enrol/{a.method}",
                "recommended": installation.enrolment.recommends(a),
            }
            for a in installation.enrolment.choices(step)
        ],
        later_url=dispatcher.later(interaction, step),
    )


def _address(views: Blueprint, installation: Installation) -> None:
    """The code to the verified address, which only a first second factor needs.

    It is mailed when its page is reached, so that the field for it is the first thing there.
    """

    @views.get("/enrol/proof")
    @turn.When[Enrol | Change](installation, installation.first_proof.confirming)
    def address(interaction: Interaction, step: Enrol | Change) -> Response:
        show = partial(_address_page, installation, interaction, step)
        if navigation.somebody_comes():
            result = installation.first_proof.arrive(web.work(), interaction, step)
            if result is not None:
                return sent(installation, interaction, result, "/enrol/proof", show)
        return show(None)

    @views.post("/enrol/proof")
    @turn.at_any_step(installation)
    def confirm(interaction: Interaction) -> Response:
        wrong = installation.first_proof.confirm(web.work(), interaction, request.form)
        if wrong is not None:
            return _address_rejected(installation, interaction, wrong)
        return dispatcher.back(interaction)

    @views.post("/enrol/proof/send")
    @turn.at_any_step(installation)
    def send_address_code(interaction: Interaction) -> Response:
        result = installation.first_proof.send(web.work(), interaction)
        show = partial(_address_rejected, installation, interaction)
        return sent(installation, interaction, result, "/enrol/proof", show)


def _address_rejected(
    installation: Installation, interaction: Interaction, rejected: Rejected
) -> Response:
    step = installation.first_proof.confirming(web.work(), interaction)
    if step is None:
        return dispatcher.back(interaction)
    return _address_page(installation, interaction, step, rejected)


def _address_page(
    installation: Installation,
    interaction: Interaction,
    step: Enrol | Change,
    rejected: Rejected | None,
) -> Response:
    page = installation.first_proof.page(web.work(), interaction, step)
    no_mail, no_text = _("Not your address, or no code?"), _("Not your number, or not with you?")
    return render(
        "enrol_proof",
        interaction,
        rejected,
        title=_("First we check that it is you"),
        step_note=counted.changing(interaction, step)
        if isinstance(step, Change)
        else counted.enrolling(interaction, step, Part.CHECK),
        reason=None
        if isinstance(step, Change)
        else words.why_enrol(installation, interaction, step),
        later_url=dispatcher.later(interaction, step),
        stuck=no_mail if page["mailed"] else no_text,
        **page,
    )


def _factor(views: Blueprint, installation: Installation) -> None:
    """A method's own enrolment page, its "send" button, and the proof of possession."""

    @views.get("/enrol/<method>")
    @turn.of(installation, Enrol)
    def factor(interaction: Interaction, step: Enrol, method: str) -> Response:
        return _factor_page(installation, interaction, step, method, None)

    @views.post("/enrol/<method>")
    @turn.proving(installation)
    def finish(interaction: Interaction, method: str) -> Response:
        result = installation.enrolment.finish(web.work(), interaction, method, request.form)
        if isinstance(result, Rejected):
            return _factor_rejected(installation, interaction, method, result)
        return dispatcher.proved(installation, interaction, result)

    @views.post("/enrol/<method>/send")
    @turn.at_any_step(installation)
    def send_factor(interaction: Interaction, method: str) -> Response:
        way = request.form.get("way", "")
        result = installation.enrolment.send(web.work(), interaction, method, way)
        show = partial(_factor_rejected, installation, interaction, method)
        return sent(installation, interaction, result, f"/enrol/{method}", show)


def _factor_rejected(
    installation: Installation, interaction: Interaction, method: str, rejected: Rejected
) -> Response:
    step = installation.enrolment.step(web.work(), interaction)
    if step is None:
        return dispatcher.back(interaction)
    return _factor_page(installation, interaction, step, method, rejected)


def _factor_page(
    installation: Installation,
    interaction: Interaction,
    step: Enrol,
    method: str,
    rejected: Rejected | None,
) -> Response:
    work = web.work()
    authenticator = installation.enrolment.authenticator(work, interaction, method)
    if authenticator is None:
        return dispatcher.back(interaction)
    root = dispatcher.base(interaction)
    page = installation.enrolment.page(work, interaction, authenticator)
    return render(
        f"methods/{method}" if authenticator.one_page else f"methods/enrol_{method}",
        interaction,
        rejected,
        page=f"enrol-{method}",
        path=f"{root}/enrol/{method}",
        alternatives=[
            {"label": other.alternative, "url": f"{root}/enrol/{other.method}"}
            for other in installation.enrolment.choices(step)
            if other is not authenticator
        ],
        later_url=dispatcher.later(interaction, step),
        can_cancel=not step.optional,
        stuck=authenticator.cannot,
        step_note=counted.enrolling(interaction, step, Part.SET_UP),
        reason=words.why_enrol(installation, interaction, step) if len(step.methods) == 1 else None,
        **{"title": authenticator.enrolment_title, **page},
    )
