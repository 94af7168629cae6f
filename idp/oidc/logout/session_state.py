"""OpenID Connect Session Management 1.0: an application's page learns that the session changed.

A value that stands for the session, the browser state, lies in a cookie that scripts of our own
frame can read. An authorization response carries a salted hash over it, bound to the client and its
origin; the frame makes the same hash and compares (sections 2, 3.2 and 4.2). The browser state is
derived from the `sid` by a key of ours: it opens nothing, and no one can make it from a token.
"""

from flask import Response, render_template

from idp import crypto, web
from idp.oidc.uris import origin_of
from idp.signin.interaction import Authorized
from idp.store.signin.sessions import SessionRow
from idp.web.layer import Frame
from idp.web.visits import Visit

SALT_BYTES = 12


def for_response(
    visit: Visit, client_id: str, redirect_uri: str, session: Authorized | SessionRow | None
) -> str:
    """Return `session_state` for an authorization response, an error included.

    `session` is what the response rests on: a sign-in just finished, or the browser's session. The
    browser is given the cookie that goes with it. Empty: the redirect URI has no origin, so no page
    of the application could ask, and the response has no such member.
    """
    state = visit.state = _browser_state(visit.frame, session)
    origin = origin_of(redirect_uri)
    if origin is None:
        return ""
    salt = crypto.random_token(SALT_BYTES)
    return f"{_hash(client_id, origin, state, salt)}.{salt}"


def forget() -> None:
    """Let the browser's cookie go with the session that ends in this request."""
    web.visit().state = ""


def follow(response: Response) -> Response:
    """Give the browser the state that its session has, when this request found it to be another.

    So a session that expired, or that a page of our own began, is noticed too.
    """
    show(web.visit(), response)
    return response


def show(visit: Visit, response: Response) -> None:
    """Give the browser the state that `visit` found, if it has another."""
    if response.status_code >= 400:
        return
    state, frame = visit.state, visit.frame
    if state is None and visit.knows_session:
        state = _browser_state(frame, visit.session())
    if state is None or state == visit.brought(cookie_name(frame)):
        return
    secure = frame.settings.secure
    response.set_cookie(
        cookie_name(frame),
        state,
        secure=secure,
        httponly=False,
        # Sent to no one who matters: it must be readable in our frame on a page of another site.
        samesite="None" if secure else "Lax",
        path="/",
        max_age=None if state else 0,
    )


def cookie_name(frame: Frame) -> str:
    """Return the name of the cookie: locked to this host on https, as the session's own."""
    return "__Host-acrux-state" if frame.settings.secure else "acrux-state"


def frame_page() -> Response:
    """Return the page that applications frame: `check_session_iframe` (section 3.2)."""
    page = render_template("oidc/check_session.html", cookie=cookie_name(web.frame()))
    response = Response(page, mimetype="text/html")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors *"
    )
    web.let_frame()
    return response


def _browser_state(frame: Frame, session: Authorized | SessionRow | None) -> str:
    if session is None or (isinstance(session, SessionRow) and session.person_id is None):
        return ""
    return frame.keyring.keyed_digest("browser-state", session.sid)


def _hash(client_id: str, origin: str, state: str, salt: str) -> str:
    return crypto.digest(f"{client_id} {origin} {state} {salt}")
