"""The page on which someone changes the password."""

from flask import Blueprint, Response, request

from idp import web
from idp.authenticators.base import Rejected
from idp.authenticators.directory_password import ELSEWHERE
from idp.installation import Installation
from idp.language import _
from idp.pages import gate
from idp.pages.account.page import PASSWORD, WAYS, show
from idp.signin.interaction import Authorized
from idp.web import said


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""

    @views.get("/password")
    @gate.signed_in(installation, PASSWORD)
    def password(who: Authorized) -> Response:
        return _page(installation, who, None)

    @views.post("/password")
    @gate.signed_in(installation, PASSWORD, locks=False)
    def change_password(who: Authorized) -> Response:
        form = request.form
        wrong = installation.passwords.change(
            web.work(),
            who,
            form.get("current", ""),
            form.get("password", ""),
        )
        if wrong:
            return _page(installation, who, wrong)
        web.renew_cookie()
        return web.see_other(said.leading(WAYS, "password"))


def _page(installation: Installation, who: Authorized, wrong: Rejected | None) -> Response:
    elsewhere = installation.passwords.rule.password.elsewhere(web.work(), who.person.id)
    return show(
        "password",
        who,
        400 if wrong else 200,
        title=_("Change your password"),
        error=wrong.message if wrong and not elsewhere else None,
        elsewhere=ELSEWHERE if elsewhere else None,
        elsewhere_url=installation.settings.directory.password_url,
        username=who.person.username,
        shortest=installation.passwords.rule.shortest(web.work(), who.person),
    )
