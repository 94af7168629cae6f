"""What the pages of an account share."""

from typing import Any

from flask import Response, current_app, request

from idp import web
from idp.installation import Installation
from idp.signin.interaction import Authorized
from idp.web import said

HOME = "/account/"
WAYS = "/account/ways"
PLACES = "/account/places"
ACTIVITY = "/account/activity"
PASSWORD = "/account/password"  # noqa: S105 - an address
DETAILS = "/account/details"
REQUESTS = "/account/requests"
APPLICATIONS = "/account/applications"


def show(template: str, who: Authorized, status: int = 200, **values: Any) -> Response:
    """Render a page of the account of the person signed in."""
    installation: Installation = current_app.extensions["acrux_installation"]
    note = said.words(request.full_path, installation.signin.authenticators, who.person)
    common: dict[str, Any] = {"signed_in": who.person.name, "error": None, "note": note}
    return web.page(f"account/{template}.html", status, **(common | values))
