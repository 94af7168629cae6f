"""The account's addresses."""

from flask import Blueprint, Response

from idp import gate, sessions, web
from idp.account import overview
from idp.installation import Installation

HOME = "/account/"


def blueprint(this: Installation) -> Blueprint:
    """Return the pages, bound to an installation."""
    views = Blueprint("account", __name__, url_prefix="/account")
    web.protect(views)

    @views.get("/")
    def index() -> Response:
        who = gate.require(this, HOME)
        if isinstance(who, Response):
            return who
        return web.page("account/index.html", **overview.page(this, web.work(), who.person))

    @views.post("/sign-out")
    def sign_out() -> Response:
        session = web.session()
        if session is not None and session.person_id is not None and not session.stale:
            sessions.end(web.work(), session, "signed out")
        web.set_cookie("")
        return web.see_other(f"{HOME}signed-out")

    @views.get("/signed-out")
    def signed_out() -> Response:
        return web.page("oidc/logged_out.html")

    return views
