"""The account's addresses."""

from flask import Blueprint, Response

from idp import web
from idp.installation import Installation
from idp.pages import gate
from idp.pages.account import (
    activity,
    details,
    overview,
    password,
    places,
    requests,
    ways,
    without,
)
from idp.pages.account.page import HOME
from idp.signin.interaction import Authorized
from idp.web import csrf


def blueprint(installation: Installation) -> Blueprint:
    """Return the pages, bound to an installation."""
    views = Blueprint("account", __name__, url_prefix="/account")
    csrf.protect(views)
    without.add_to(views, installation)
    ways.add_to(views, installation)
    places.add_to(views, installation)
    requests.add_to(views, installation)
    activity.add_to(views, installation)
    password.add_to(views, installation)
    details.add_to(views, installation)

    @views.get("/")
    @gate.signed_in(installation, HOME)
    def index(who: Authorized) -> Response:
        return web.page("account/index.html", **overview.page(installation, web.work(), who.person))

    return views
