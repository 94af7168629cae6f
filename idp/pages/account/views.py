"""The account's addresses."""

from flask import Blueprint, Response

from idp import web
from idp.installation import Installation
from idp.pages import gate
from idp.pages.account import activity, details, overview, password, places, ways, without
from idp.pages.account.page import HOME
from idp.signin.interaction import Authorized
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
    @gate.signed_in(this, HOME)
    def index(who: Authorized) -> Response:
        return web.page("account/index.html", **overview.page(this, web.work(), who.person))

    return views
