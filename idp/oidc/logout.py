"""RP-initiated logout (OIDC RP-Initiated Logout 1.0): a valid hint, or the person confirms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response

from idp import crypto, sessions, web
from idp.oidc import front_channel, responses, session_state
from idp.oidc.clients import Client, Registry
from idp.oidc.tokens import Issuer, read_hint
from idp.store import interactions
from idp.store.db import Work
from idp.store.sessions import SessionRow

FIELDS = ("id_token_hint", "post_logout_redirect_uri", "state", "client_id")
"""What counts; `logout_hint` and `ui_locales` are harmless."""


@dataclass(frozen=True)
class Wish:
    """A request to sign out, checked. A doubtful one moves nobody, and asks the person first."""

    sid: str | None = None
    """The session that a valid hint names."""
    target: str | None = None
    """Where to go afterwards."""
    doubtful: bool = False
    """Something in it is not valid (section 2: such a request is at best a question)."""

    def is_for(self, session: SessionRow) -> bool:
        """Say whether the request proves that it comes from an application of this session."""
        return self.sid is not None and not self.doubtful and crypto.same(self.sid, session.sid)


class LogoutEndpoint:
    """What /end_session needs."""

    def __init__(self, registry: Registry, issuer: Issuer) -> None:
        self._registry = registry
        self._issuer = issuer

    def answer(self, work: Work, values: Mapping[str, str], *, confirmed: bool) -> Response:
        """End the session when the hint belongs to it or the person confirmed; else ask.

        Whoever it belongs to: also one in which a sign-in waits for its last click. Where nobody
        has proved anything, there is nothing to end.
        """
        session = web.session()
        wish = self._read(work, values)
        frames: tuple[str, ...] = ()
        if session is not None and not session.stale and _in_use(work, session):
            if not (wish.is_for(session) or confirmed):
                return _ask(values, wish)
            frames = self._end(work, session)
            return _cleared(_onward(frames, wish))
        return _onward(frames, wish)

    def _end(self, work: Work, session: SessionRow) -> tuple[str, ...]:
        """End the browser's session; return what the browser is to load because of it."""
        frames = front_channel.addresses(
            work, self._registry, self._issuer.name, session.id, session.sid
        )
        sessions.end(work, session, "signed out")
        web.set_cookie("")
        session_state.forget()
        return frames

    def _read(self, work: Work, values: Mapping[str, str]) -> Wish:
        """Check a request (section 2). Without a valid hint it leads nowhere (section 3)."""
        hint = values.get("id_token_hint")
        if not hint:
            return Wish(doubtful="post_logout_redirect_uri" in values)
        claims = self._claims(work, hint)
        if claims is None:
            return Wish(doubtful=True)
        audience = str(claims.get("aud"))
        if values.get("client_id", audience) != audience:
            return Wish(doubtful=True)
        client = self._registry.find(work, audience)
        uri = values.get("post_logout_redirect_uri")
        if uri is not None and (client is None or not _registered(client, uri)):
            return Wish(doubtful=True)
        target = None if uri is None else _target(uri, values.get("state"))
        return Wish(str(claims["sid"]), target)

    def _claims(self, work: Work, hint: str) -> dict[str, Any] | None:
        """Return what an ID token of ours says, expired or not; None for any other text."""
        return read_hint(self._issuer.keys.ring(work), self._issuer.name, hint, None)


def _in_use(work: Work, session: SessionRow) -> bool:
    return session.person_id is not None or interactions.proved_in(work, session.id)


def _onward(frames: tuple[str, ...], wish: Wish) -> Response:
    if frames:
        return front_channel.page(frames, wish.target)
    if wish.target is not None:
        return responses.go(wish.target)
    return web.page("oidc/logged_out.html")


def _cleared(response: Response) -> Response:
    """Let the browser forget what it kept of our pages (ASVS 14.3.1).

    But for cookies: the session's goes by itself, and the one by which a browser is known again is
    for the next sign-in.
    """
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _registered(client: Client, uri: str) -> bool:
    return uri in client.post_logout_redirect_uris


def _target(uri: str, state: str | None) -> str:
    if not state:
        return uri
    sign = "" if uri.endswith(("?", "&")) else "&" if "?" in uri else "?"
    return uri + sign + urlencode({"state": state})


def _ask(values: Mapping[str, str], wish: Wish) -> Response:
    web.allow_form_action(wish.target)
    # A doubtful request is not repeated: all that is left of it is that somebody wants to leave.
    known = () if wish.doubtful else FIELDS
    fields = {name: values[name] for name in known if values.get(name)}
    return web.page("oidc/logout.html", fields=fields, doubtful=wish.doubtful)
