"""The console's addresses."""

from flask import Blueprint, Response, abort, request

from idp import web
from idp.installation import Installation
from idp.pages.admin import (
    applications,
    audit,
    entry,
    frame,
    keys_page,
    messages_page,
    people,
    rollout,
)
from idp.signin.interaction import Authorized
from idp.web import csrf


def blueprint(installation: Installation) -> Blueprint:
    """Return the console, bound to an installation."""
    views = Blueprint("admin", __name__, url_prefix="/admin")
    csrf.protect(views)
    views.before_request(_storable)
    rollout.add_to(views, installation)
    people.add_to(views, installation)
    applications.add_to(views, installation)
    messages_page.add_to(views, installation)
    keys_page.add_to(views, installation)
    audit.add_to(views, installation)

    @views.get("/")
    @entry.enters(installation, frame.HOME)
    def index(who: Authorized) -> Response:
        return web.see_other(frame.first(who.person.roles))

    return views


def _storable() -> None:
    """Find nothing by a name with NUL: no text of PostgreSQL has one, so nothing is called so."""
    if "\0" in request.path:
        abort(404)
