"""Pages for what went wrong: what happened, what to do next, and a reference for support.

The cause stands in the log under the reference; a person never sees it. Every page leads on: to
the application that the request was about, to the page before, or to the account. Anyone who holds
the address of another's sign-in learns the application's name and registered address, no more.
Anyone who has addresses that programs call says what is answered there instead of a page.
"""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, InternalServerError

from idp import web
from idp.errors import ACCOUNT, DeadEnd, DeadLink, GoneError, PageError, WayOn
from idp.language import Words, _
from idp.store.db import trouble
from idp.store.db.schema import one_line
from idp.store.db.trouble import Trouble
from idp.store.signin import interactions
from idp.web import csrf, usual, way_on
from idp.web.way_on import Start

log = logging.getLogger("acrux.web")


Told = Callable[[int, str, bool], Response | None]
"""Makes the answer to a program of a status, a reference and whether it may have been carried out
all the same; None where people read."""
GONE = 410
"""The status of a request whose person, or application, was deleted while it ran."""
_EXTENSION = "acrux_told_instead"


def tell_instead(extensions: dict[str, Any], told: Told) -> None:
    """Let the application that has these `extensions` ask `told` before it shows an error page.

    Of several the first that has an answer gives it.
    """
    extensions.setdefault(_EXTENSION, []).append(told)


def _instead(status: int, reference: str, *, in_doubt: bool = False) -> Response | None:
    asked: list[Told] = current_app.extensions.get(_EXTENSION, [])
    answers = (told(status, reference, in_doubt) for told in asked)
    return next((answer for answer in answers if answer is not None), None)


def _error_page(error: PageError) -> Response:
    reference = web.called(request, web.frame())
    log.info("page error %s: %s", reference, error)
    return _instead(error.status, reference) or _told(error, reference)


def _told(error: PageError, reference: str) -> Response:
    advice, way, also = error.advice, error.way, None
    if isinstance(error, DeadLink):
        also = _way(_start(error.client))
    elif isinstance(error, DeadEnd):
        advice, way = _beginning_anew(_waiting(error.client))
    elif error.client is not None:
        way = _way(_start(error.client)) or way
    return _page(
        error.status,
        title=error.title,
        message=error.message,
        advice=advice,
        reference=reference,
        asks=error.asks,
        way=way,
        also=also,
    )


def _page(
    status: int, *, way: WayOn, also: WayOn | None = None, asks: bool = False, **values: Words
) -> Response:
    if also is None and not way.url.startswith("/"):
        also = ACCOUNT
    return web.page("error.html", status, link=way, also=also, asks=asks, **values)


# -- a sign-in that cannot go on


def closed(interaction_id: str) -> PageError:
    """Return the page for a sign-in that is not this browser's, or not open any more."""
    session = web.session()
    if session is not None and session.person_id is not None and not session.stale:
        return DeadEnd(
            _("You are signed in"),
            _("The sign-in that this page belongs to is over, or was begun in another browser."),
        )
    if web.has_cookie():
        return csrf.expired()
    if interactions.is_open(web.work(), interaction_id):
        return csrf.cookies_off()
    return DeadEnd(
        _("This page was opened on its own"),
        _("It is one step of a sign-in, which cannot be kept as a bookmark."),
    )


def _waiting(client_id: str | None) -> Start | None:
    """Return the application that a sign-in was for; else the one last used in this browser."""
    named = (request.view_args or {}).get("interaction_id", "")
    found = client_id or interactions.client_of(web.work(), named)
    return _start(usual.read().client if found is None else found)


def _start(client_id: str | None) -> Start | None:
    return way_on.at(web.work(), client_id, web.frame().settings.server.issuer)


def _way(start: Start | None) -> WayOn | None:
    return start.way if start else None


def _beginning_anew(start: Start | None) -> tuple[Words, WayOn]:
    if start is None:
        return _("Start again from the application that you want to use."), ACCOUNT
    if start.way is None:
        return _("Open %(client)s and sign in again.", client=start.name), ACCOUNT
    return _("Start again from %(client)s.", client=start.name), start.way


# -- anything else


_HTTP_WORDS = {
    404: (_("There is nothing here"), _("The address is wrong, or the page has moved.")),
    405: (
        _("That is not possible here"),
        _("Nothing was changed: this address cannot be used like that."),
    ),
    413: (
        _("That is too large"),
        _("Nothing was saved: what was sent is larger than this site accepts."),
    ),
}


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError):
        return _unexpected(error.original_exception or error)
    title, message = _HTTP_WORDS.get(
        error.code or 400,
        (_("We did not understand this request"), _("A part of it is missing or damaged.")),
    )
    response = _error_page(PageError(title, message, status=error.code or 400))
    if isinstance(allowed := getattr(error, "valid_methods", None), list):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unexpected(error: BaseException) -> Response:
    """The last resort (ASVS 16.5.4): generic to the person, named in the log, nothing kept."""
    reference = web.called(request, web.frame())
    if isinstance(error, GoneError) or trouble.is_missing(error):
        return _gone(error, reference)
    found = trouble.of(error)
    if found is not None:
        trouble.note(error)
        return _in_trouble(found, error, reference)
    log.error("unexpected error %s at %s", reference, request.endpoint, exc_info=error)
    web.undo()
    return _instead(500, reference) or _page(
        500,
        title=_("Something went wrong on our side"),
        message=_("Nothing of what you just did was saved."),
        advice=_(
            "Try again in a moment. If it happens again, ask for help with the reference below."
        ),
        reference=reference,
        way=_same_again(),
    )


def _gone(error: BaseException, reference: str) -> Response:
    """What the request is about was deleted while it ran: nothing of it can be kept."""
    log.info("gone meanwhile %s at %s: %s", reference, request.endpoint, one_line(error))
    web.undo()
    return _instead(GONE, reference) or _page(
        GONE,
        title=_("This is no longer there"),
        message=_("What this page is about was deleted a moment ago, so nothing was saved."),
        advice=_("If you did not expect that, ask the people who look after your account."),
        reference=reference,
        way=ACCOUNT,
    )


def _in_trouble(found: Trouble, error: BaseException, reference: str) -> Response:
    """The database cannot be asked now: one line in the log, however many meet it."""
    in_doubt = web.is_in_doubt()
    log.error(
        "no database %s at %s: %s %s%s: %s",
        *(reference, request.endpoint, found.error, found.code or "-"),
        *(", in doubt" if in_doubt else "", one_line(error)),
    )
    web.undo()
    return _instead(503, reference, in_doubt=in_doubt) or _page(
        503,
        title=_("We cannot answer just now"),
        message=_("We do not know whether what you just did was kept.")
        if in_doubt
        else _("Nothing of what you just did was saved."),
        advice=_("Wait a moment, then look whether it was done before you do it again.")
        if in_doubt
        else _(
            "Try again in a moment. If it happens again, ask for help with the reference below."
        ),
        reference=reference,
        way=ACCOUNT if in_doubt else _same_again(),
    )


def _same_again() -> WayOn:
    if request.method != "GET":
        return ACCOUNT
    # The bytes as they came: this is also the page of an address that cannot be read.
    query = request.query_string.decode("latin-1")
    return WayOn(_("Try again"), quote(request.path) + (f"?{query}" if query else ""))


def init_app(app: Flask) -> None:
    """Let `app` answer every error with a page."""
    app.register_error_handler(PageError, _error_page)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
