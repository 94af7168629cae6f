"""The account's addresses."""

from flask import Blueprint, Response

from idp import web
from idp.installation import Installation
from idp.pages import gate
from idp.pages.account import activity, details, overview, password, places, ways, without
from idp.pages.account.page import HOME
from idp.web import csrf


def blueprint(this: Installation) -> Blueprint:
    """Return the pages, bound to an installation."""
    views = Blueprint("account", __name__, url_prefix="/account")
    csrf.protect(views)
    without.add_to(views, this)
    ways.add_to(views, this)
    places.add_to(views, this)
    activity.add_to(views, this)
    password.add_to(views, this)
    details.add_to(views, this)

    @views.get("/")
    def index() -> Response:
        who = gate.require(this, HOME)
        if isinstance(who, Response):
            return who
        return web.page("account/index.html", **overview.page(this, web.work(), who.person))

    return views
