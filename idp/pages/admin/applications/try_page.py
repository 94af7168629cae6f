"""A sign-in to an application is tried, by whoever looks after it: what its tokens would hold.

The sign-in is a real one, with the application's name, words and demands. It returns to this page
and never to the application: no code and no token is made, nothing is stored for it, and nobody but
who signed in is told.
"""

from typing import Any

from flask import Blueprint, Response, abort, request

from idp import web
from idp.installation import Installation
from idp.language import Words, _
from idp.oidc.clients.client import Client
from idp.operating import cases
from idp.operating.applications import previews
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.applications.room import PATH, found, one_path
from idp.pages.interaction.words import level_text
from idp.policy.roles import Action
from idp.policy.steps import Refuse, Step
from idp.policy.types import Ask
from idp.signin.demand import Demand
from idp.signin.interaction import Authorized, Interaction
from idp.web import error_pages, step_pages


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses: what is tried, and what came of it."""
    can = cases.of(installation)
    admits = entry.changes(installation, _path, Action.CLIENTS_CHANGE, given_up=one_path)
    returns = entry.changes(installation, _back, Action.CLIENTS_CHANGE, given_up=_left)

    @views.get("/applications/<client_id>/try")
    @admits
    def try_application(who: Authorized, client_id: str) -> Response:
        return _form(installation, who, found(can.clients, who, client_id).client)

    @views.post("/applications/<client_id>/try")
    @admits
    def begin_trial(who: Authorized, client_id: str) -> Response:
        client = found(can.clients, who, client_id).client
        level = request.form.get("level", "")
        if level and level not in {one.name for one in installation.signin.rules.levels}:
            abort(400)
        demand = _demand(client, who, level)
        glance = installation.signin.glance(web.work(), web.session(), demand)
        interaction, cookie = installation.signin.begin(web.work(), glance)
        if cookie is not None:
            web.set_cookie(cookie)
        return web.see_other(step_pages.base(interaction.id))

    @views.get("/applications/<client_id>/try/<interaction_id>")
    @returns
    def end_trial(who: Authorized, client_id: str, interaction_id: str) -> Response:
        client = found(can.clients, who, client_id).client
        interaction = _own(installation, who, client_id, interaction_id)
        result = installation.signin.complete(web.work(), interaction)
        if isinstance(result, Authorized):
            shown = can.previews.of_sign_in(web.work(), actor(who), client_id, result)
            return _end(who, client, previews.written(shown))
        if isinstance(result, Refuse):
            return _end(who, client, {}, result)
        return web.see_other(step_pages.base(interaction.id))


def _path(client_id: str) -> str:
    return one_path(client_id, "try")


def _back(client_id: str, interaction_id: str) -> str:
    return one_path(client_id, "try", interaction_id)


def _left(client_id: str, interaction_id: str) -> str:
    """Return where a trial is left to, whichever it is."""
    return one_path(client_id) if interaction_id else PATH


def _demand(client: Client, who: Authorized, level: str) -> Demand:
    """Return what the application could ask of this person, with an answer that is for us."""
    wanted = (level,) if level else client.default_acr_values
    insists = bool(request.form.get("insist")) or client.acr_values_mode == "required"
    essential = wanted if insists and wanted else None
    return Demand(
        client_id=client.client_id,
        application=client.application(next(iter(client.redirect_uris), "")),
        return_to=one_path(client.client_id, "try", "{id}"),
        login_hint=who.person.username,
        ask=Ask(
            acr_values=() if essential else wanted,
            essential=essential,
            max_age=client.default_max_age,
            prompt=frozenset({"login"} if request.form.get("again") else ()),
            floor=client.min_acr,
            # What would be asked is shown at the end: a trial lets nobody in.
            consent_needed=False,
            subject=who.person.id,
            accepts_bootstrap=client.accepts_bootstrap,
        ),
    )


def _own(
    installation: Installation, who: Authorized, client_id: str, interaction_id: str
) -> Interaction:
    """Return the trial of this application that this person began in this browser."""
    interaction = installation.signin.load(web.work(), interaction_id, web.session())
    if interaction is None:
        raise error_pages.closed(interaction_id)
    demand = interaction.demand
    if (
        demand.return_to != one_path(client_id, "try", "{id}")
        or demand.ask.subject != who.person.id
    ):
        abort(404)
    return interaction


def _form(installation: Installation, who: Authorized, client: Client) -> Response:
    rules = installation.signin.rules
    levels: dict[str, Words] = {"": _("as it is registered, and nothing more")}
    levels |= {
        level.name: _("%(level)s (%(name)s)", level=level_text(rules, level.name), name=level.name)
        for level in rules.levels
    }
    return frame.show(
        "applications/try",
        who,
        place=PATH,
        title=_("Try a sign-in to %(name)s", name=client.name),
        levels=levels,
        action=_path(client.client_id),
        back=one_path(client.client_id),
    )


def _end(
    who: Authorized, client: Client, places: dict[str, str], refusal: Step | None = None
) -> Response:
    values: dict[str, Any] = {"tokens": places}
    if isinstance(refusal, Refuse):
        values |= {"refused": refusal.error, "why": refusal.reason}
    response = frame.show(
        "applications/tried",
        who,
        place=PATH,
        title=_("What came of the sign-in to %(name)s", name=client.name),
        again=_path(client.client_id),
        back=one_path(client.client_id),
        **values,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
