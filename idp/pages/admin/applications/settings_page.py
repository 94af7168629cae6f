"""What to set on an application's own side, for products that are known, with its values in it."""

from typing import Any

from flask import Blueprint, Response, request

from idp.installation import Installation
from idp.language import _
from idp.oidc.clients.client import Client
from idp.operating import cases, written
from idp.operating.applications import products
from idp.operating.applications.products import UNTOLD, Product, values_of
from idp.pages.admin import entry, frame
from idp.pages.admin.applications.room import PATH, found, one_path
from idp.policy.roles import Action
from idp.signin.interaction import Authorized


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""
    clients = cases.of(installation).clients

    @views.get("/applications/<client_id>/settings")
    @entry.reads(installation, _path, Action.CLIENTS_READ)
    def application_settings(who: Authorized, client_id: str) -> Response:
        one = found(clients, who, client_id)
        known = products.known()
        chosen = known.get(request.args.get("like", ""))
        return frame.show(
            "applications/settings",
            who,
            place=PATH,
            title=_("What to set on the side of %(name)s", name=one.client.name),
            back=one_path(client_id),
            action=_path(client_id),
            known=[(product.name, product.title) for product in known.values()],
            chosen=chosen.name if chosen else "",
            product=_shown(installation, one.client, chosen) if chosen else None,
            untold=UNTOLD,
        )


def _path(client_id: str) -> str:
    return one_path(client_id, "settings")


def _shown(installation: Installation, client: Client, product: Product) -> dict[str, Any]:
    values = values_of(installation.settings.server.issuer, client, None)
    return {
        "title": product.title,
        "settings": product.filled(values),
        "lacks": [written.line(name, value) for name, value in product.lacks(client).items()],
        "secret": UNTOLD in product.filled(values),
    }
