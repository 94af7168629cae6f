"""What waits for a person's answer: applications that asked behind the browser (CIBA)."""

from typing import Any

from flask import Blueprint, Response

from idp import moments, web
from idp.installation import Installation
from idp.language import _
from idp.pages import gate
from idp.pages.account.page import REQUESTS, show
from idp.signin.interaction import Authorized
from idp.store.db import Work
from idp.store.oidc import ciba_requests, clients
from idp.store.oidc.ciba_requests import CibaRow


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address. Each question has a page of its own (`oidc.ciba.pages`)."""

    @views.get("/requests")
    @gate.signed_in(installation, REQUESTS)
    def requests(who: Authorized) -> Response:
        work = web.work()
        found = [_told(work, row) for row in ciba_requests.open_of(work, who.person.id)]
        return show("requests", who, title=_("Waiting for your answer"), requests=found)


def _told(work: Work, row: CibaRow) -> dict[str, Any]:
    client = clients.find(work, row.client_id)
    return {
        "id": row.id,
        "client": client.name if client else row.client_id,
        "message": row.message,
        "asked_at": moments.hour(row.created_at),
        "until": moments.hour(row.expires_at),
    }
