"""Pages for what went wrong: what happened, what to do next, and a reference for support.

The cause stands in the log under the reference; a person never sees it.
"""

import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError

from idp import crypto, web
from idp.errors import PageError
from idp.language import _

log = logging.getLogger("acrux.web")


def _error_page(error: PageError) -> Response:
    reference = crypto.random_token(6)
    log.info("page error %s: %s", reference, error)
    return web.page(
        "error.html",
        error.status,
        title=error.title,
        message=error.message,
        advice=error.advice,
        reference=reference,
        link=None,
    )


_HTTP_WORDS = {
    404: (_("There is nothing here"), _("The address is wrong, or the page has moved.")),
    405: (_("That is not possible here"), _("This address does not take that kind of request.")),
    413: (_("That was too much"), _("The request is larger than this site accepts.")),
}


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError):
        return _unexpected(error.original_exception or error)
    title, message = _HTTP_WORDS.get(
        error.code or 400, (_("That request was not understood"), _("Something in it is wrong."))
    )
    advice = _("Go back to the application and try again.")
    response = _error_page(PageError(title, message, advice, error.code or 400))
    if isinstance(allowed := getattr(error, "valid_methods", None), list):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unexpected(error: BaseException) -> Response:
    """The last resort (ASVS 16.5.4): generic to the person, named in the log, nothing kept."""
    reference = crypto.random_token(6)
    log.error("unexpected error %s at %s", reference, request.endpoint, exc_info=error)
    web.undo()
    return web.page(
        "error.html",
        500,
        title=_("Something went wrong on our side"),
        message=_("Nothing of what you just did was kept."),
        advice=_("Try again in a moment. If it stays, tell support the number below."),
        reference=reference,
        link=None,
    )


def init_app(app: Flask) -> None:
    """Let `app` answer every error with a page."""
    app.register_error_handler(PageError, _error_page)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
