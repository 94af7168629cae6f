"""The addresses of links, and of the page that asks for one."""

from flask import Blueprint, Response, request

from idp import audit, crypto, web
from idp.audit import Event, Outcome
from idp.authenticators.base import Rejected
from idp.errors import ACCOUNT, DeadLink, PageError, WayOn
from idp.installation import Installation
from idp.language import _
from idp.messages import links
from idp.people import denial
from idp.people.contacts import address_links
from idp.people.factors import tickets
from idp.people.passwords.links import Opened
from idp.web import csrf, way_on
from idp.web.way_on import Start

UNNAMED = _("Type your user name or e-mail address.")
EMPTY = _("Type a new password.")


def blueprint(installation: Installation) -> Blueprint:
    """Return the pages, bound to an installation."""
    views = Blueprint("links", __name__)
    csrf.protect(views)
    views.after_request(_keep_address)
    _forgotten(views, installation)
    _passwords(views, installation)
    _tickets(views, installation)
    _addresses(views)
    _denials(views, installation)
    return views


def _keep_address(response: Response) -> Response:
    """The address holds a secret: no request tells it on, not even one of this page's own.

    Not `no-referrer`, with which browsers call the origin of a form `null` (Fetch, "append a
    request Origin header"), so that it would be refused.
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _form(template: str, rejected: Rejected | None = None, **values: object) -> Response:
    """Show a page that holds a form; the browser needs no session of its own before."""
    web.open_session()
    error = rejected.message if rejected else None
    status = 400 if rejected else 200
    return web.page(f"links/{template}.html", status, error=error, **values)


NEW_LINK = WayOn(_("Ask for a new link"), "/forgot")


def _dead(way: WayOn = ACCOUNT, *, used: bool = False, client: str | None = None) -> PageError:
    """Return the page for a link that does not work; `used`: someone tried to use it.

    `client` is the application that the link was asked for from.
    """
    if used:
        reason = "wrong, used or expired"
        audit.record(web.work(), Event.LINK_REFUSED, Outcome.REFUSED, reason=reason)
    return DeadLink(
        _("This link does not work any more"),
        _("It was used already, it is too old, or a part of it is missing."),
        _("Use the newest message, if there is one."),
        410,
        way=way,
        client=client,
    )


# -- forgotten


def _forgotten(views: Blueprint, installation: Installation) -> None:
    """With the id of a sign-in in the address, the way leads back to it."""

    @views.get("/forgot")
    @views.get("/forgot/<begun_id>")
    def forgot(begun_id: str = "") -> Response:
        if not installation.password_links.available():
            raise _unavailable()
        return _form("forgot", username="", path=request.path)

    @views.post("/forgot")
    @views.post("/forgot/<begun_id>")
    def ask(begun_id: str = "") -> Response:
        if not installation.password_links.available():
            raise _unavailable()
        name = request.form.get("username", "").strip()
        if not name:
            return _form("forgot", Rejected("no name", UNNAMED), username="", path=request.path)
        begun = installation.signin.load(web.work(), begun_id, web.session())
        client = begun.demand.client_id if begun else None
        held = installation.forgotten.ask(web.work(), name, client)
        if held is not None:
            return _form("forgot", held, username=name[:254], path=request.path)
        return web.see_other(f"/forgot/{begun.id}/sent" if begun else "/forgot/sent")

    @views.get("/forgot/sent")
    @views.get("/forgot/<begun_id>/sent")
    def asked(begun_id: str = "") -> Response:
        sign_in = f"/interaction/{begun_id}" if begun_id else "/account/"
        again = f"/forgot/{begun_id}" if begun_id else "/forgot"
        return web.page("links/forgot_sent.html", again=again, sign_in=sign_in)


def _unavailable() -> PageError:
    return PageError(
        _("We cannot send you a link"),
        _("This site sends no e-mail."),
        _("Ask the people who look after your account for a new password."),
        404,
        asks=True,
    )


# -- a new password


def _passwords(views: Blueprint, installation: Installation) -> None:
    @views.get("/l/<token>")
    def choose(token: str) -> Response:
        return _choose_page(installation, _opened(installation, token), token)

    @views.post("/l/<token>")
    def chosen(token: str) -> Response:
        opened = _opened(installation, token, used=True)
        new = request.form.get("password", "")
        if not new:
            return _choose_page(installation, opened, token, Rejected("no password", EMPTY))
        result = installation.passwords.choose(web.work(), opened, new)
        if isinstance(result, Rejected):
            return _choose_page(installation, opened, token, result)
        if not result:
            client = links.client_of(web.work(), opened.link.digest)
            raise _dead(NEW_LINK, used=True, client=client)
        return web.see_other(f"/l/done/{opened.link.digest}")

    @views.get("/l/done")
    @views.get("/l/done/<digest>")
    def password_set(digest: str = "") -> Response:
        return web.page("links/password_done.html", start=_where_on(installation, digest))


def _where_on(installation: Installation, digest: str) -> Start | None:
    """Return where the new password is used first: where it was asked for, or all there is."""
    work, issuer = web.work(), installation.settings.server.issuer
    return way_on.at(work, links.client_of(work, digest), issuer) or way_on.only(work, issuer)


def _opened(installation: Installation, token: str, *, used: bool = False) -> Opened:
    opened = installation.password_links.open(web.work(), token)
    if opened is None:
        client = links.client_of(web.work(), crypto.digest(token))
        way = NEW_LINK if installation.password_links.available() else ACCOUNT
        raise _dead(way, used=used, client=client)
    return opened


def _choose_page(
    installation: Installation, opened: Opened, token: str, rejected: Rejected | None = None
) -> Response:
    return _form(
        "password",
        rejected,
        shortest=installation.passwords.rule.shortest(web.work(), opened.person),
        path=f"/l/{token}",
        first=opened.first,
        username=opened.person.username,
    )


# -- a new second step


def _tickets(views: Blueprint, installation: Installation) -> None:
    @views.get("/e/<token>")
    def ticket(token: str) -> Response:
        found = tickets.opened(web.work(), token)
        if found is None:
            raise _dead()
        return _form("ticket", path=f"/e/{token}", username=found[1].username)

    @views.post("/e/<token>")
    def begin(token: str) -> Response:
        found = tickets.opened(web.work(), token)
        begun = installation.tickets.use(web.work(), *found, web.session()) if found else None
        if begun is None:
            raise _dead(used=True)
        interaction, cookie = begun
        if cookie is not None:
            web.set_cookie(cookie)
        return web.see_other(f"/interaction/{interaction.id}")


# -- an address


def _addresses(views: Blueprint) -> None:
    @views.get("/c/<token>")
    def confirm(token: str) -> Response:
        found = address_links.opened(web.work(), token)
        if found is None:
            raise _dead()
        person = found[1]
        path = f"/c/{token}"
        return _form("confirm", path=path, email=person.email, username=person.username)

    @views.post("/c/<token>")
    def confirmed(token: str) -> Response:
        found = address_links.opened(web.work(), token)
        if found is None or not address_links.use(web.work(), *found):
            raise _dead(used=True)
        return web.see_other("/c/done")

    @views.get("/c/done")
    def address_confirmed() -> Response:
        return web.page("links/confirmed.html")


# -- this was not me


def _safe(installation: Installation) -> WayOn:
    """Return what is left to do for a person whose link "this was not me" is dead."""
    if not installation.password_links.available():
        return ACCOUNT
    return WayOn(_("Choose a new password"), "/forgot")


def _denials(views: Blueprint, installation: Installation) -> None:
    @views.get("/n/<token>")
    def deny(token: str) -> Response:
        found = denial.opened(web.work(), token)
        if found is None:
            raise _dead(_safe(installation))
        link, person = found
        outlook = installation.denial.outlook(web.work(), link, person)
        taken, left = installation.denial.words(outlook)
        return _form(
            "deny",
            path=f"/n/{token}",
            demands=outlook.demanded,
            spares=denial.spares(link),
            taken=taken,
            left=left,
        )

    @views.post("/n/<token>")
    def denied(token: str) -> Response:
        found = denial.opened(web.work(), token)
        if found is None or not installation.denial.deny(web.work(), *found):
            raise _dead(_safe(installation), used=True)
        return web.see_other("/n/stopped" if denial.spares(found[0]) else f"/n/{token}/done")

    @views.get("/n/stopped")
    def one_ended() -> Response:
        return web.page("links/stopped.html")

    @views.get("/n/<token>/done")
    def all_ended(token: str) -> Response:
        """What was done, and not what a link of its kind would do."""
        done = denial.done(web.work(), token)
        if done is None:
            raise _dead(_safe(installation))
        taken, left = installation.denial.words(done)
        can_reset = done.demanded and installation.password_links.available()
        return web.page("links/denied.html", can_reset=can_reset, taken=taken, left=left)
