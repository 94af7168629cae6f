"""An application gets another secret, or is removed: what that means is said first."""

from flask import Blueprint, Response, request

from idp import web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.applications.registered import Registered
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.applications.form_page import show_secret
from idp.pages.admin.applications.room import PATH, found, one_path, refused
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.web import said

OVERLAP = 86400
"""Seconds for which the secret before goes on working, when that is ticked."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of what can be done with an application."""
    _secret(views, installation)
    _removal(views, installation)


def _secret(views: Blueprint, installation: Installation) -> None:
    clients = cases.of(installation).clients
    admits = entry.changes(installation, _secret_path, Action.CLIENTS_CHANGE, given_up=one_path)

    @views.get("/applications/<client_id>/secret")
    @admits
    def ask_for_secret(who: Authorized, client_id: str) -> Response:
        return _ask_secret(who, found(clients, who, client_id))

    @views.post("/applications/<client_id>/secret")
    @admits
    def draw_secret(who: Authorized, client_id: str) -> Response:
        one = found(clients, who, client_id)
        overlap = OVERLAP if request.form.get("overlap") else 0
        seen = request.form.get("version", "")
        try:
            drawn = clients.rotate_secret(
                web.work(), actor(who), client_id, overlap=overlap, seen=seen
            )
        except CommandError as problem:
            web.work().rollback()
            return _ask_secret(who, found(clients, who, one.client.client_id), refused(problem))
        return show_secret(who, drawn)


def _removal(views: Blueprint, installation: Installation) -> None:
    clients = cases.of(installation).clients
    admits = entry.changes(
        installation, _delete_path, Action.CLIENTS_CHANGE, given_up=one_path, locks=False
    )

    @views.get("/applications/<client_id>/delete")
    @admits
    def ask_to_remove(who: Authorized, client_id: str) -> Response:
        return _ask_removal(who, found(clients, who, client_id))

    @views.post("/applications/<client_id>/delete")
    @admits
    def remove_application(who: Authorized, client_id: str) -> Response:
        one = found(clients, who, client_id)
        if request.form.get("name", "").strip() != client_id:
            return _ask_removal(who, one, _("Type the name as it is shown."))
        try:
            seen = request.form.get("version", "")
            clients.delete(web.work(), actor(who), client_id, seen=seen)
        except CommandError as problem:
            web.work().rollback()
            return _ask_removal(who, found(clients, who, client_id), refused(problem))
        return web.see_other(said.leading(PATH, "application-deleted"))


def _secret_path(client_id: str) -> str:
    return one_path(client_id, "secret")


def _delete_path(client_id: str) -> str:
    return one_path(client_id, "delete")


def _ask_secret(who: Authorized, one: Registered, error: Words | None = None) -> Response:
    client_id = one.client.client_id
    return frame.show(
        "applications/rotate",
        who,
        place=PATH,
        status=409 if error else 200,
        title=_("Give %(name)s another secret?", name=one.client.name),
        error=error,
        version=one.version,
        action=_secret_path(client_id),
        back=one_path(client_id),
    )


def _ask_removal(who: Authorized, one: Registered, error: Words | None = None) -> Response:
    client_id = one.client.client_id
    return frame.show(
        "deed",
        who,
        place=PATH,
        status=409 if error else 200,
        title=_("Remove %(name)s?", name=one.client.name),
        error=error,
        means=_(
            "No one signs in to it any more, its tokens end, and what people allowed it is"
            " forgotten. The record of past sign-ins stays."
        ),
        button=_("Remove the application for good"),
        named=client_id,
        version=one.version,
        action=_delete_path(client_id),
        back=one_path(client_id),
    )
