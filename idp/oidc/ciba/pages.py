"""The page on which a person answers an application (CIBA Core 1.0 section 8).

A GET changes nothing: programs that look into mail open every link. It is come to by the link of a
message, which anyone who reads that message may follow, so that it shows the question and takes a
no, and a yes begins the sign-in that everybody has, of this person alone; or from the account.
"""

from flask import Blueprint, Response, request

from idp import moments, web
from idp.errors import PageError, WayOn
from idp.installation import Installation
from idp.language import Words, _
from idp.oidc.authorize.shown import CHANGED, of_application
from idp.oidc.ciba.answering import Answering, by_link
from idp.oidc.clients.client import Client
from idp.oidc.clients.registry import stored
from idp.oidc.elsewhere.signing_in import SignIns, plausible
from idp.oidc.provider import Provider
from idp.store.oidc import ciba_requests
from idp.store.oidc.ciba_requests import DISOWNED, CibaRow
from idp.store.oidc.elsewhere import ALLOWED
from idp.web import csrf

LIST = "/account/requests"
"""What waits for an answer, in the account."""


def blueprint(installation: Installation, provider: Provider) -> Blueprint:
    """Return the pages, bound to an installation."""
    views = Blueprint("ciba", __name__)
    csrf.protect(views)
    views.after_request(_keep_address)
    answering = Answering(provider)
    sign_ins = SignIns(installation, answering, _done, _over)
    _by_link(views, answering, sign_ins)
    _by_account(views, answering, sign_ins)
    return views


def _keep_address(response: Response) -> Response:
    """The address holds a secret: no request tells it on (see `pages.links.views`)."""
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _by_link(views: Blueprint, answering: Answering, sign_ins: SignIns[CibaRow]) -> None:
    @views.get("/a/<token>")
    def asked(token: str) -> Response:
        row, client = _open(by_link(web.work(), token))
        return _page(row, client, f"/a/{token}")

    @views.post("/a/<token>")
    def answered(token: str) -> Response:
        row, client = _open(by_link(web.work(), token))
        return _answer(answering, sign_ins, row, client, f"/a/{token}")


def _by_account(views: Blueprint, answering: Answering, sign_ins: SignIns[CibaRow]) -> None:
    @views.get("/requests/<request_id>")
    def ask(request_id: str) -> Response:
        row, client = _open(_known(request_id))
        if not _own(row):
            return web.see_other(LIST)
        return _page(row, client, f"/requests/{row.id}")

    @views.post("/requests/<request_id>")
    def decide(request_id: str) -> Response:
        row, client = _open(_known(request_id))
        if not _own(row):
            return web.see_other(LIST)
        return _answer(answering, sign_ins, row, client, f"/requests/{row.id}")

    @views.get("/requests/<request_id>/done")
    def done(request_id: str) -> Response:
        row = _known(request_id)
        if row is None or row.answer is None:
            raise _over()
        client = answering.client(web.work(), row)
        return web.page(
            "ciba/done.html",
            allowed=row.answer == ALLOWED,
            disowned=row.answer == DISOWNED,
            client_name=client.name if client else None,
        )

    @views.get("/requests/<request_id>/resume/<interaction_id>")
    def resume(request_id: str, interaction_id: str) -> Response:
        return sign_ins.resume(_known(request_id), interaction_id)


def _answer(
    answering: Answering, sign_ins: SignIns[CibaRow], row: CibaRow, client: Client, path: str
) -> Response:
    """Take what the person said: a yes begins the sign-in, as nobody else."""
    work, decision = web.work(), request.form.get("decision")
    if decision == "yes":
        if sign_ins.is_another(row, request.form.get("shown")):
            return _page(row, client, path, CHANGED)
        return sign_ins.begin(row, another=not _own(row))
    if decision == "no":
        answering.deny(work, row, "the person said no", row.person_id)
    elif decision == "not-me":
        answering.disown(work, row)
    else:
        return _page(row, client, path)
    return web.see_other(_done(row))


# -- what is found


def _done(row: CibaRow) -> str:
    return f"/requests/{row.id}/done"


def _known(request_id: str) -> CibaRow | None:
    """Return a request by its address."""
    return ciba_requests.by_id(web.work(), request_id) if plausible(request_id) else None


def _open(row: CibaRow | None) -> tuple[CibaRow, Client]:
    """Return a request that can be answered, with its application.

    Raises:
        PageError: there is none.
    """
    # As it is now: a page that names it takes an answer to nobody else (`SignIns.is_another`).
    client = stored(web.work(), row.client_id) if row is not None else None
    if row is None or row.over or client is None or row.reached_at is None:
        raise _over()
    return row, client


def _own(row: CibaRow) -> bool:
    """Return True if the person of a request is signed in here."""
    session = web.session()
    return session is not None and not session.stale and session.person_id == row.person_id


def _over() -> PageError:
    return PageError(
        _("This question is over"),
        _("It was answered already, or too much time has passed. Nothing else was changed."),
        _("If the application still waits, start again there."),
        410,
        way=WayOn(_("Show what waits for your answer"), LIST),
    )


# -- what is shown


def _page(row: CibaRow, client: Client, path: str, problem: Words | None = None) -> Response:
    web.open_session()
    return web.page(
        "ciba/ask.html",
        400 if problem else 200,
        error=problem,
        path=path,
        shown=of_application(client),
        client=client.application(""),
        message=row.message,
        asked_at=moments.hour(row.created_at),
        until=moments.hour(row.expires_at),
    )
