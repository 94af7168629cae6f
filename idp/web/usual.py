"""What this browser was last used for, so that the same is quicker the next time.

A cookie, sealed: the application that was signed in to, the second step of each person, and a user
name where the person asked for that. It proves nothing and decides nothing: it chooses among what
is registered and set up anyway, and orders it.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from flask import Flask, Response, g, request

from idp import web
from idp.errors import SealError
from idp.policy.types import Proof

AGE = 400 * 86400
"""Seconds; browsers keep no cookie longer (RFC 6265bis section 5.5)."""
PEOPLE = 5
"""How many people's second steps are kept: those who share a desk."""
ASKED = "asks_to_remember"
"""The field by which a form says that it asked whether to remember the name."""
_LONGEST = 2048
_PLACE = "cookie:usual:browser"


@dataclass(frozen=True)
class Usual:
    """What was last done in a browser; `ways` is the method of a second step by person."""

    client: str | None = None
    ways: Mapping[str, str] = field(default_factory=dict)
    username: str = ""

    def with_way(self, person_id: str, method: str) -> "Usual":
        """Return the same, with the second step that this person used last."""
        others = {who: way for who, way in self.ways.items() if who != person_id}
        newest = {person_id: method, **others}
        return replace(self, ways=dict(list(newest.items())[:PEOPLE]))


def cookie_name() -> str:
    """Return the name of the cookie."""
    return f"{web.frame().cookie_name}-usual"


def read() -> Usual:
    """Return what the browser brought; nothing usual where it brought none of ours."""
    if "acrux_usual" not in g:
        g.acrux_usual = _opened(request.cookies.get(cookie_name(), ""))
    found: Usual = g.acrux_usual
    return found


def remember(usual: Usual) -> None:
    """Let this browser bring `usual` from now on, if this request succeeds."""
    g.acrux_usual_changed = usual != read()
    g.acrux_usual = usual


def remember_name(form: Mapping[str, str]) -> None:
    """Keep the user name of a form, or keep none, where the form asked about it."""
    if form.get(ASKED):
        name = form.get("username", "")[:254] if form.get("remember") else ""
        remember(replace(read(), username=name))


def finished(person_id: str, proofs: Iterable[Proof], client: str | None) -> None:
    """Remember a finished sign-in: where it led, and how it got past the second step."""
    usual = read()
    ways = [proof.method for proof in proofs if not proof.first]
    if ways:
        # The last: a recovery code is followed by what replaces the lost way.
        usual = usual.with_way(person_id, ways[-1])
    remember(replace(usual, client=client or usual.client))


def _opened(value: str) -> Usual:
    if not value or len(value) > _LONGEST:
        return Usual()
    try:
        sealed = base64.urlsafe_b64decode(value)
        found: dict[str, Any] = json.loads(web.frame().keyring.open(sealed, _PLACE))
        return Usual(**found)
    except (SealError, ValueError, TypeError):
        return Usual()


def _keep(response: Response) -> Response:
    if g.get("acrux_usual_changed") and response.status_code < 500:
        installation = web.frame()
        sealed = installation.keyring.seal(json.dumps(asdict(g.acrux_usual)).encode(), _PLACE)
        response.set_cookie(
            cookie_name(),
            base64.urlsafe_b64encode(sealed).decode(),
            secure=installation.settings.secure,
            httponly=True,
            samesite="Lax",
            path="/",
            max_age=AGE,
        )
    return response


def init_app(app: Flask) -> None:
    """Let every answer of `app` keep what was remembered in it."""
    app.after_request(_keep)
