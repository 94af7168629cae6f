"""What every request has: one transaction, one session, headers, pages.

The request is the transaction: committed when the answer is below status 500 (so that failure
counters and events survive a refusal), undone otherwise. Owns cookies and headers; decides nothing
about a sign-in.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, render_template, request

from idp import caller, clock
from idp.caller import Caller, request_id, sources
from idp.store.db import PATIENCE, Work
from idp.store.signin.sessions import SessionRow
from idp.web.lane.plain import AnyRequest, Pairs
from idp.web.layer import Frame
from idp.web.visits import Visit

EXTENSION = "acrux"
RETRY_SECONDS = 5
"""When to try again what was too much just now, where no one knows better."""
DEVICE_AGE = 400 * 86400
"""Seconds; browsers keep no cookie longer (RFC 6265bis section 5.5)."""
_MARK = r"[A-Za-z0-9_-]{22}"
_DEVICE = re.compile(rf"{_MARK}(\.{_MARK}){{0,7}}")


def frame() -> Frame:
    """Return the web layer of this application."""
    return frame_of(current_app)


def frame_of(app: Flask) -> Frame:
    """Return the web layer of `app`."""
    found: Frame = app.extensions[EXTENSION]
    return found


# -- the transaction


def work() -> Work:
    """Return the request's unit of work."""
    unit: Work | None = g.get("acrux_work")
    if unit is None:
        unit = g.acrux_work = Work(frame().engine, PATIENCE)
        unit.caller = caller_of(request, frame())
    return unit


def caller_of(request: AnyRequest, layer: Frame) -> Caller:
    """Return who sends `request`, believing X-Forwarded-For only from trusted proxies."""
    proxies = layer.proxies
    # Several lines of the header are one here, joined in their order (PEP 3333).
    forwarded = request.headers.get("X-Forwarded-For", "") if proxies else ""
    return Caller(
        address=sources.source(request.remote_addr or "", forwarded, proxies),
        browser=caller.words(request.headers.get("User-Agent", "")[:512]),
        marks=_marks(request, layer),
        request=called(request, layer),
    )


def called(request: AnyRequest, layer: Frame) -> str:
    """Return what `request` is called: as the server, or a trusted proxy, has called it."""
    found: str | None = request.environ.get(request_id.KEY)
    if found is None:
        named = None
        if sources.within(request.remote_addr or "", layer.proxies):
            named = request_id.well_formed(request.headers.get(request_id.HEADER, ""))
        found = request.environ[request_id.KEY] = named or request_id.new(clock.now())
        request_id.current.set(found)
    return found


def _marks(request: AnyRequest, layer: Frame) -> tuple[str, ...]:
    # Programs bring no cookie, so that none is looked for.
    if "Cookie" not in request.headers:
        return ()
    cookie = request.cookies.get(layer.device_name, "")
    return tuple(cookie.split(".")) if _DEVICE.fullmatch(cookie) else ()


def settle(unit: Work, status: int) -> None:
    """Commit what a request did, or undo it where its answer is, by its status, that it failed.

    Raises:
        DATABASE_ERRORS: it could not be committed, or no one knows (`Work.in_doubt`).
    """
    if status < 500:
        unit.commit()
    else:
        unit.rollback()


def _finish(response: Response) -> Response:
    """Commit or undo, then set the cookie (of what was kept) and the headers."""
    unit: Work | None = g.get("acrux_work")
    if unit is not None:
        settle(unit, response.status_code)
    installation = frame()
    found: Visit | None = g.get("acrux_visit")
    cookie = found.cookie if found is not None else None
    if cookie is not None and response.status_code < 500:
        response.set_cookie(
            installation.cookie_name,
            cookie,
            secure=installation.settings.secure,
            httponly=True,
            samesite="Lax",
            path="/",
            max_age=0 if cookie == "" else None,
        )
    device = unit.caller.given if unit is not None else None
    if device is not None and response.status_code < 500:
        response.set_cookie(
            installation.device_name,
            ".".join(device),
            secure=installation.settings.secure,
            httponly=True,
            samesite="Lax",
            path="/",
            max_age=DEVICE_AGE,
        )
    if response.status_code == 308:
        _stay_here(response)
    name = called(request, installation)
    for pair in missing(response.status_code, response.headers, installation.headers, name):
        response.headers.add(*pair)
    if g.get("acrux_framed"):
        del response.headers["X-Frame-Options"]
    return response


def missing(
    status: int,
    headers: Iterable[tuple[str, str]],
    wanted: Sequence[tuple[str, str]],
    name: str,
) -> list[tuple[str, str]]:
    """Return what the `headers` of an answer lack: `wanted`, and when to try again if refused.

    `name` is what its request is called.
    """
    again = (("Retry-After", str(RETRY_SECONDS)),) if status in (429, 503) else ()
    there = tuple([header for header, _ in headers])
    return [(request_id.HEADER, name), *_lacking(there, (*again, *wanted))]


@lru_cache(maxsize=256)
def _lacking(there: tuple[str, ...], wanted: Pairs) -> Pairs:
    """Return those of `wanted` whose names are not `there`; answers differ in few names."""
    names = {header.lower() for header in there}
    return tuple([pair for pair in wanted if pair[0].lower() not in names])


def _stay_here(response: Response) -> None:
    """Where the framework adds a missing slash, it makes an address from the Host header."""
    parts = urlsplit(response.headers["Location"])
    query = f"?{parts.query}" if parts.query else ""
    response.headers["Location"] = "/" + parts.path.lstrip("/") + query
    response.set_data("")


def _close(_error: BaseException | None) -> None:
    unit: Work | None = g.pop("acrux_work", None)
    if unit is not None:
        unit.close()


def undo() -> None:
    """Undo the transaction and forget the session: the request has failed."""
    unit: Work | None = g.get("acrux_work")
    if unit is not None:
        unit.rollback()
    visit().undo()


def is_in_doubt() -> bool:
    """Return True if this request sent a COMMIT of which no one knows what came."""
    unit: Work | None = g.get("acrux_work")
    return unit is not None and unit.in_doubt


# -- the session


def visit() -> Visit:
    """Return the request as a browser's: its session, and what its answer gives it."""
    found: Visit | None = g.get("acrux_visit")
    if found is None:
        found = g.acrux_visit = Visit(frame(), work(), request.cookies)
    return found


def session() -> SessionRow | None:
    """Return the browser's session; possibly `stale`, see `idp.signin.sessions.read`."""
    return visit().session()


def open_session() -> None:
    """Give a browser that has no session one of its own, so that this page may hold a form."""
    visit().open_session()


def renew_cookie() -> None:
    """Give the browser a new session id: anyone who has a copy of the old one has nothing."""
    visit().renew_cookie()


def has_cookie() -> bool:
    """Return True if the browser sent our cookie, alive or not."""
    return frame().cookie_name in request.cookies


def set_cookie(value: str) -> None:
    """Give the browser a session id; "" takes it away."""
    visit().cookie = value


# -- pages


def reads_pages() -> bool:
    """Return True if the caller shows pages: every browser says so, no library does."""
    return "text/html" in request.headers.get("Accept", "")


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Render a page that is never stored by browsers or proxies."""
    response = Response(render_template(template, **values), status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
        " img-src 'self' data: https:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def let_frame() -> None:
    """Leave it to the answer's own policy who may put it into a frame."""
    g.acrux_framed = True


def leads_on(response: Response) -> bool:
    """Return True if an answer has no words of its own: it sends the browser on to another page."""
    return response.status_code in (301, 302, 303, 307, 308)


def see_other(location: str) -> Response:
    """Redirect after a POST with 303, so that a form is never sent on (RFC 9700 4.12)."""
    response = Response(status=303)
    response.headers["Location"] = location
    response.headers["Cache-Control"] = "no-store"
    return response


def _readable() -> None:
    """Refuse a query that is not UTF-8 once, here, before a view stumbles over it."""
    try:
        _ = request.args
    except UnicodeDecodeError:
        abort(400)


def init_app(app: Flask, installation: Frame, texts: Callable[[], dict[str, Any]]) -> None:
    """Install the layer on `app`; `texts` gives the values that every template sees."""
    app.extensions[EXTENSION] = installation
    app.before_request(_readable)
    app.after_request(_finish)
    app.teardown_request(_close)
    app.context_processor(texts)
