"""One application: what is registered otherwise than by default, and what was refused lately."""

from flask import Blueprint, Response

from idp import moments, web
from idp.installation import Installation
from idp.language import Words, _
from idp.oidc.clients.secrets import SECRET_METHODS
from idp.operating import cases
from idp.operating.registered import Registered
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.applications.room import PATH, found, one_path
from idp.policy.roles import Action
from idp.signin.interaction import Authorized


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of an application's page."""
    clients = cases.build(installation).clients

    @views.get("/applications/<client_id>")
    @entry.reads(installation, one_path, Action.CLIENTS_READ)
    def application(who: Authorized, client_id: str) -> Response:
        one = found(clients, who, client_id)
        return frame.show(
            "applications/one",
            who,
            place=PATH,
            title=one.client.name,
            back=PATH,
            base=one_path(client_id),
            warnings=_warnings(one),
            members=_members(one),
            client_id=client_id,
            since=moments.day(one.created_at),
            refused=clients.refused_uris(web.work(), actor(who), client_id),
            secret=one.client.token_endpoint_auth_method in SECRET_METHODS,
        )


def _members(one: Registered) -> list[tuple[str, str]]:
    """Return what is registered otherwise than by default, as the standards name it."""
    known = one.described()
    told = {
        name: known[name] for name, value in one.chosen().items() if value not in (None, "", ())
    }
    return [
        (name, ", ".join(value) if isinstance(value, list) else str(value))
        for name, value in told.items()
    ]


def _warnings(one: Registered) -> list[Words]:
    client = one.client
    found: list[Words] = []
    if client.switched_off:
        found.append(_("It is switched off: no one signs in to it, and it gets no tokens."))
    if client.acr_values_mode == "voluntary" and client.min_acr is None:
        found.append(
            _("It requires no second step here. What it asks for is a wish that may go unmet.")
        )
    return found
