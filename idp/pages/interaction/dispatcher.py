"""Where an interaction goes on: to the page of its next step, or to its end."""

from dataclasses import replace

from flask import Response

from idp import web
from idp.errors import PageError, WayOn
from idp.installation import Installation
from idp.language import _
from idp.policy.decide import UNMET
from idp.policy.steps import Authenticate, Enrol, Finish, Refuse, Step
from idp.signin.interaction import Authorized, Interaction, Proved
from idp.web import step_pages, usual
from idp.web.step_pages import path

_HELP = _("For help, ask the people who look after your account.")


def base(interaction: Interaction) -> str:
    """Return the address of an interaction; its steps lie below."""
    return step_pages.base(interaction.id)


def back(interaction: Interaction) -> Response:
    """Return to the dispatcher: what every step does when it is done."""
    return web.see_other(base(interaction))


def proved(installation: Installation, interaction: Interaction, result: Proved | None) -> Response:
    """Go on after a proof, with its new session id: at once, as the dispatcher would."""
    if result is None:
        return back(interaction)
    web.set_cookie(result.cookie)
    now = installation.signin.as_it_is(web.work(), interaction)
    onward = None if now is None else _onward(now, _next(installation, now))
    return onward or back(interaction)


def repeated(interaction: Interaction, result: Proved) -> Response:
    """Answer the second copy of a form; the dispatcher sees what became of the first."""
    web.set_cookie(result.cookie)
    return back(interaction)


def _next(installation: Installation, interaction: Interaction) -> Step:
    """Return the next step, with the ways first that the application is registered with.

    After those the one that this person used last in this browser.
    """
    step = installation.signin.next_step(web.work(), interaction)
    person = interaction.person
    if not isinstance(step, Authenticate) or step.begins or person is None:
        return step
    application, last = interaction.demand.application, usual.read().ways.get(person.id)
    wanted = (*(application.ways if application else ()), last)
    ordered = [way for way in dict.fromkeys(wanted) if way in step.methods]
    rest = [way for way in step.methods if way not in ordered]
    return replace(step, methods=(*ordered, *rest))


def later(interaction: Interaction, step: Step) -> str | None:
    """Return where "not now" is said to a step that may be put off."""
    optional = isinstance(step, Enrol) and step.optional
    return f"{base(interaction)}/enrol/later" if optional else None


def dispatch(installation: Installation, interaction: Interaction) -> Response:
    """Send the browser to the page of the next step, or out."""
    step = _next(installation, interaction)
    return _onward(interaction, step) or _finish_page(installation, interaction, step)


def _onward(interaction: Interaction, step: Step) -> Response | None:
    """Return the way to a step's page, or to the application; None where a page of ours asked."""
    page = path(step)
    if page is not None:
        return web.see_other(f"{base(interaction)}/{page}")
    if interaction.demand.client_id is not None:
        return web.see_other(interaction.demand.return_to.format(id=interaction.id))
    return None


def _finish_page(installation: Installation, interaction: Interaction, step: Step) -> Response:
    """A page of ours asked: there is no application to answer."""
    result = installation.signin.complete(web.work(), interaction)
    if isinstance(result, Authorized):
        usual.finished(result.person.id, interaction.proofs, None)
        return web.see_other(interaction.demand.return_to)
    if isinstance(step, Refuse) and interaction.demand.given_up_to:
        # Nothing was changed; anyone who is signed in still is.
        return web.see_other(interaction.demand.given_up_to)
    if isinstance(step, Refuse) and interaction.demand.ask.enrol:
        # Nothing was added; anyone who is signed in still is.
        return web.see_other(interaction.demand.return_to)
    if isinstance(step, Finish | Refuse):
        raise _not_finished(interaction, step)
    return back(interaction)


def _not_finished(interaction: Interaction, step: Finish | Refuse) -> PageError:
    """Return the page of a sign-in to a page of ours that is over: what became of it, and why."""
    person, session = interaction.person, interaction.session
    if interaction.row is None or interaction.row.refused is None:
        unmet = isinstance(step, Refuse) and step.error == UNMET
        return _cannot_do() if unmet else _cannot_be_used()
    if person is not None and session is not None and session.person_id == person.id:
        message = _("The check was cancelled. Nothing was changed.")
        return PageError(_("You are signed in"), message, status=403)
    again = WayOn(_("Sign in again"), interaction.demand.return_to)
    message = _("The sign-in was cancelled. Nothing was changed.")
    return PageError(_("You are not signed in"), message, status=403, way=again)


def _cannot_do() -> PageError:
    return PageError(
        _("You cannot sign in yet"),
        _(
            "%(brand)s requires a second step, and we cannot set one up for your account yet.",
            brand=web.frame().settings.brand.name,
        ),
        _HELP,
        403,
        asks=True,
    )


def _cannot_be_used() -> PageError:
    return PageError(
        _("You are not signed in"),
        _("This account cannot be used here."),
        _HELP,
        403,
        asks=True,
    )
