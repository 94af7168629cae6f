"""The page on which a person answers a device (RFC 8628 section 3.3), and the sign-in behind it.

A GET of a page changes nothing. Who typed a code is led to an address that nobody else knows; the
question stands there, and a yes begins the sign-in that everybody has.
"""

from flask import Blueprint, Response, request

from idp import caller, clock, moments, web
from idp.errors import PageError, WayOn
from idp.installation import Installation
from idp.language import Text, Words, _
from idp.oidc import device_codes
from idp.oidc.authorize.shown import CHANGED, of_application
from idp.oidc.clients.client import Client
from idp.oidc.clients.registry import stored
from idp.oidc.device.answering import Answering, Held
from idp.oidc.elsewhere.signing_in import SignIns, plausible, signed_in
from idp.oidc.provider import Provider
from idp.store.oidc import device_requests
from idp.store.oidc.device_requests import DeviceRow
from idp.store.oidc.elsewhere import ALLOWED
from idp.web import csrf

EMPTY = _("Type the code that your device shows.")
UNKNOWN = _(
    "No device waits for this code. Compare it with the one that your device shows. Codes work for"
    " 15 minutes: if yours is older, ask your device for another one."
)
AGAIN = WayOn(_("Type a code"), "/device")


def blueprint(installation: Installation, provider: Provider) -> Blueprint:
    """Return the pages, bound to an installation."""
    views = Blueprint("device", __name__, url_prefix="/device")
    csrf.protect(views)
    answering = Answering(provider)
    _entering(views, answering)
    _asking(views, answering, SignIns(installation, answering, _done, _over))
    return views


def _entering(views: Blueprint, answering: Answering) -> None:
    @views.get("")
    def enter() -> Response:
        # A code that came with the address is compared by the person all the same (section 3.3.1).
        given = device_codes.typed(request.args.get("user_code", ""))
        return _enter_page(device_codes.shown(given) if given else "")

    @views.post("")
    def entered() -> Response:
        typed = request.form.get("user_code", "")
        if not typed.strip():
            return _enter_page("", EMPTY)
        found = answering.find(web.work(), typed)
        if isinstance(found, Held):
            at = moments.later(found.until, clock.now())
            held = _(
                "Too many codes were typed that did not match. Try again at %(time)s.", time=at
            )
            return _enter_page("", held, status=429)
        if found is None:
            return _enter_page(typed[:20], UNKNOWN)
        return web.see_other(_address(found))


def _asking(views: Blueprint, answering: Answering, sign_ins: SignIns[DeviceRow]) -> None:
    @views.get("/<request_id>")
    def ask(request_id: str) -> Response:
        row, client = _open(request_id)
        return _ask_page(row, client)

    @views.post("/<request_id>")
    def answered(request_id: str) -> Response:
        row, client = _open(request_id)
        decision = request.form.get("decision")
        if decision == "no":
            answering.deny(web.work(), row, "the person said no")
            return web.see_other(_done(row))
        if decision not in ("yes", "other"):
            return _ask_page(row, client)
        if sign_ins.is_another(row, request.form.get("shown")):
            return _ask_page(row, client, CHANGED)
        return sign_ins.begin(row, another=decision == "other")

    @views.get("/<request_id>/done")
    def done(request_id: str) -> Response:
        row = _known(request_id)
        if row is None or row.answer is None:
            raise _over()
        client = answering.client(web.work(), row)
        return web.page(
            "device/done.html",
            allowed=row.answer == ALLOWED,
            client_name=client.name if client else None,
        )

    @views.get("/<request_id>/resume/<interaction_id>")
    def resume(request_id: str, interaction_id: str) -> Response:
        return sign_ins.resume(_known(request_id), interaction_id)


# -- what is found


def _address(row: DeviceRow) -> str:
    return f"/device/{row.id}"


def _done(row: DeviceRow) -> str:
    return f"{_address(row)}/done"


def _known(request_id: str) -> DeviceRow | None:
    """Return a request by its address."""
    return device_requests.by_id(web.work(), request_id) if plausible(request_id) else None


def _open(request_id: str) -> tuple[DeviceRow, Client]:
    """Return a request that can be answered, with its application.

    Raises:
        PageError: there is none.
    """
    row = _known(request_id)
    # As it is now: a page that names it takes an answer to nobody else (`SignIns.is_another`).
    client = stored(web.work(), row.client_id) if row is not None else None
    if row is None or row.over or client is None:
        raise _over()
    return row, client


def _over() -> PageError:
    return PageError(
        _("This code does not work any more"),
        _("It was answered already, or it is older than 15 minutes. Nothing else was changed."),
        _("If your device still waits, ask it for another code, and type that one."),
        410,
        way=AGAIN,
    )


# -- what is shown


def _enter_page(code: str, problem: Words | None = None, status: int = 400) -> Response:
    web.open_session()
    shown = status if problem else 200
    return web.page("device/enter.html", shown, code=code, error=problem)


def _ask_page(row: DeviceRow, client: Client, problem: Words | None = None) -> Response:
    web.open_session()
    return web.page(
        "device/ask.html",
        400 if problem else 200,
        error=problem,
        path=_address(row),
        shown=of_application(client),
        client=client.application(""),
        asked_at=moments.hour(row.created_at),
        kind=caller.shown(row.browser) if row.browser else _("A device or a program"),
        place=_place(row),
        here=row.address is not None and row.address == web.work().caller.address,
        known=signed_in(),
    )


def _place(row: DeviceRow) -> Text | str:
    """Say where the device asked from, and whether this browser is at the same place."""
    if row.address is None:
        return _("unknown")
    if row.address == web.work().caller.address:
        return _("%(address)s: the network that you are in now", address=row.address)
    return _("%(address)s: not the network that you are in now", address=row.address)
