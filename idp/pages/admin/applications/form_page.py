"""An application is registered, or changed: its name, and members as KEY=VALUE, a line each."""

from flask import Blueprint, Response, request

from idp import web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.oidc.clients.client import MEMBERS
from idp.operating import cases, written
from idp.operating.registered import Registered
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.applications.room import PATH, found, one_path, refused
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.web import said

NEW = f"{PATH}new"
_CUT = 20_000
"""Characters of a field that are read."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the form."""
    _adding(views, installation)
    clients = cases.build(installation).clients
    admits = entry.changes(installation, _path, Action.CLIENTS_CHANGE, given_up=one_path)

    @views.get("/applications/<client_id>/edit")
    @admits
    def application_form(who: Authorized, client_id: str) -> Response:
        one = found(clients, who, client_id)
        return _show(who, one.client.name, "\n".join(_lines(one)), one)

    @views.post("/applications/<client_id>/edit")
    @admits
    def change_application(who: Authorized, client_id: str) -> Response:
        one, (name, text) = found(clients, who, client_id), _typed()
        try:
            wanted = written.changes(_split(text))
            gone = {key: None for key in one.chosen() if key not in wanted}
            asked = {"name": name, **gone, **wanted}
            seen = request.form.get("version", "")
            changed = clients.change(web.work(), actor(who), client_id, asked, seen=seen)
        except CommandError as problem:
            web.work().rollback()
            return _show(who, name, text, found(clients, who, client_id), refused(problem))
        if changed.secret:
            return show_secret(who, changed)
        return web.see_other(said.leading(one_path(client_id), "saved"))


def _adding(views: Blueprint, installation: Installation) -> None:
    clients = cases.build(installation).clients
    admits = entry.changes(installation, NEW, Action.CLIENTS_CHANGE, given_up=PATH)

    @views.get("/applications/new")
    @admits
    def new_application(who: Authorized) -> Response:
        return _show(who, "", "redirect_uris=https://")

    @views.post("/applications/new")
    @admits
    def add_application(who: Authorized) -> Response:
        name, text = _typed()
        try:
            wanted = written.changes(_split(text))
            made = clients.add(web.work(), actor(who), name, wanted)
        except CommandError as problem:
            web.work().rollback()
            return _show(who, name, text, error=refused(problem))
        return show_secret(who, made)


def show_secret(who: Authorized, one: Registered) -> Response:
    """Show the client_id, and the secret this once; no copy of the page is kept."""
    response = frame.show(
        "applications/secret",
        who,
        place=PATH,
        title=one.client.name,
        client_id=one.client.client_id,
        secret=one.secret,
        back=one_path(one.client.client_id),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _path(client_id: str) -> str:
    return one_path(client_id, "edit")


def _typed() -> tuple[str, str]:
    form = request.form
    return form.get("name", "").strip()[:_CUT], form.get("members", "").strip()[:_CUT]


def _split(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _lines(one: Registered) -> list[str]:
    return [written.line(name, value) for name, value in one.chosen().items()]


def _show(
    who: Authorized,
    name: str,
    members: str,
    one: Registered | None = None,
    error: Words | None = None,
) -> Response:
    return frame.show(
        "applications/form",
        who,
        place=PATH,
        status=400 if error else 200,
        title=_("Change %(name)s", name=one.client.name) if one else _("Register an application"),
        error=error,
        typed_name=name,
        typed_members=members,
        known=[(key, member.meaning) for key, member in MEMBERS.items()],
        version=one.version if one else None,
        action=_path(one.client.client_id) if one else NEW,
        back=one_path(one.client.client_id) if one else PATH,
    )
