"""All applications, by client_id, page by page."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import web
from idp.installation import Installation
from idp.language import _
from idp.operating import cases
from idp.operating.applications.registered import Registered
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.applications.room import PATH, one_path
from idp.policy.roles import Action
from idp.signin.interaction import Authorized

ROWS = 50


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of the list."""
    clients = cases.of(installation).clients

    @views.get("/applications/")
    @entry.reads(installation, PATH, Action.CLIENTS_READ)
    def applications(who: Authorized) -> Response:
        after = request.args.get("after", "")[:200].replace("\0", "")
        rows = clients.page(web.work(), actor(who), after, ROWS + 1)
        more = len(rows) > ROWS
        return frame.show(
            "applications/list",
            who,
            place=PATH,
            title=_("Applications"),
            rows=[_row(installation, one) for one in rows[:ROWS]],
            next=f"?{urlencode({'after': rows[ROWS - 1].client.client_id})}" if more else None,
            first="?" if after else None,
        )


def _row(installation: Installation, one: Registered) -> dict[str, Any]:
    client = one.client
    return {
        "url": one_path(client.client_id),
        "name": client.name,
        "client_id": client.client_id,
        "min_acr": client.min_acr,
        "address": client.redirect_uris[0] if client.redirect_uris else "",
        "off": client.switched_off,
    }
