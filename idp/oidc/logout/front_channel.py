"""OpenID Connect Front-Channel Logout 1.0: a page with a frame for each application of the session.

The frames are loaded by the browser that signs out, with the cookies it has for each application.
Browsers that keep cookies from frames of other sites make this idle there: the back channel is what
can be relied on.
"""

from collections.abc import Iterable

from flask import Response

from idp import web
from idp.oidc.clients.registry import Registry
from idp.oidc.uris import origin_of
from idp.store.db import Work
from idp.store.oidc import logouts
from idp.web.urlencoded import with_parameters

PAUSE = 1
"""Seconds between the last frame's end and going on, in a browser without JavaScript.

Browsers count from the moment when all frames are loaded (HTML, shared declarative refresh steps).
Where scripts run, front_channel.js goes on at that moment, or after three seconds; never both.
"""


def addresses(
    work: Work, registry: Registry, issuer: str, session_id: str, sid: str
) -> tuple[str, ...]:
    """Return what is to be loaded for the applications of a session, `iss` and `sid` included."""
    found = (registry.find(work, client) for client in logouts.clients_of(work, session_id, sid))
    uris = (client.frontchannel_logout_uri for client in found if client is not None)
    return tuple(
        with_parameters(uri, {"iss": issuer, "sid": sid}) for uri in uris if uri and origin_of(uri)
    )


def page(frames: Iterable[str], target: str | None) -> Response:
    """Return the page that loads `frames`, then goes on to `target` if there is one."""
    frames = tuple(frames)
    response = web.page("oidc/logged_out.html", frames=frames, target=target, pause=PAUSE)
    origins = " ".join(sorted({origin_of(frame) or "" for frame in frames}))
    response.headers["Content-Security-Policy"] += f"; frame-src {origins}"
    return response
