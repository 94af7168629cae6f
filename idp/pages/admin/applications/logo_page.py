"""The logo that an application's sign-in page shows: what it is now, another one, or none."""

from flask import Blueprint, Response, request

from idp import web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.oidc.clients.client import LOGOS
from idp.oidc.clients.pictures import LARGEST
from idp.operating import cases
from idp.operating.applications.registered import Registered
from idp.operating.refusals import Changed
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.applications.room import PATH, found, one_path, refused
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.web import said


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""
    can = cases.of(installation)
    admits = entry.changes(installation, _path, Action.CLIENTS_CHANGE, given_up=one_path)

    @views.get("/applications/<client_id>/logo")
    @admits
    def application_logo(who: Authorized, client_id: str) -> Response:
        return _show(who, found(can.clients, who, client_id))

    @views.post("/applications/<client_id>/logo")
    @admits
    def change_logo(who: Authorized, client_id: str) -> Response:
        one = found(can.clients, who, client_id)
        removes, file = request.form.get("do") == "remove", request.files.get("picture")
        content = None if removes else file.read(LARGEST + 1) if file else b""
        seen = request.form.get("version", "")
        try:
            can.logos.change(web.work(), actor(who), client_id, content, seen=seen)
        except CommandError as problem:
            web.work().rollback()
            return _show(who, found(can.clients, who, one.client.client_id), _said(problem))
        return web.see_other(said.leading(one_path(client_id), "saved"))


def _path(client_id: str) -> str:
    return one_path(client_id, "logo")


def _said(problem: CommandError) -> Words:
    if isinstance(problem, Changed):
        return refused(problem)
    return _("Choose a PNG, JPEG or WebP picture of at most 32 KiB, 16 to 1024 pixels each way.")


def _show(who: Authorized, one: Registered, error: Words | None = None) -> Response:
    client = one.client
    return frame.show(
        "applications/logo",
        who,
        place=PATH,
        status=400 if error else 200,
        title=_("The logo of %(name)s", name=client.name),
        error=error,
        shown=f"{LOGOS}{client.logo}" if client.logo else None,
        version=one.version,
        action=_path(client.client_id),
        back=one_path(client.client_id),
    )
