"""RP-initiated logout (OIDC RP-Initiated Logout 1.0): a valid hint, or the person confirms.

An application's server may send the hint without the browser: the session that it names ends then,
because nothing else would make the application's own sign-out true. docs/security.md says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from idp import crypto, web
from idp.language import Words, _
from idp.oidc import redirects
from idp.oidc.clients.client import Client
from idp.oidc.clients.redirect_addresses import place
from idp.oidc.clients.registry import Registry
from idp.oidc.logout import front_channel, session_state
from idp.oidc.tokens.issuer import Issuer, read_hint
from idp.signin import sessions
from idp.store import people
from idp.store.db import Work
from idp.store.signin import interactions
from idp.store.signin import sessions as session_store
from idp.store.signin.sessions import SessionRow
from idp.web.urlencoded import with_parameters

FIELDS = ("id_token_hint", "post_logout_redirect_uri", "state", "client_id")
"""What counts; `logout_hint` and `ui_locales` are harmless."""


@dataclass(frozen=True)
class Wish:
    """A request to sign out, checked. A doubtful one moves no one, and asks the person first."""

    client: Client | None = None
    """Whose request it is, as the hint proves or `client_id` says."""
    sid: str | None = None
    """The session that a valid hint names."""
    target: str | None = None
    """Where to go afterwards."""
    problem: Words | None = None
    """What in it is not valid (section 2: such a request is at best a question)."""

    def is_for(self, session: SessionRow) -> bool:
        """Return True if the request proves that it comes from an application of this session."""
        return self.sid is not None and not self.problem and crypto.same(self.sid, session.sid)

    @property
    def name(self) -> str:
        return self.client.name if self.client else ""


class LogoutEndpoint:
    """What /end_session needs."""

    def __init__(self, registry: Registry, issuer: Issuer) -> None:
        self._registry = registry
        self._issuer = issuer

    def answer(self, work: Work, values: Mapping[str, str], *, confirmed: bool) -> Response:
        """End the session when the hint belongs to it or the person confirmed; else ask.

        Whoever it belongs to: also one in which a sign-in waits for its last click. Where no one
        has proved anything, there is nothing to end.
        """
        session = web.session()
        wish = self._read(work, values)
        if session is None or session.stale or not _in_use(work, session):
            return self._nobody_here(work, wish)
        if not (wish.is_for(session) or confirmed):
            return _ask(work, session, values, wish)
        frames = self._end(work, session)
        return _cleared(_onward(frames, wish, by_page=confirmed))

    def _nobody_here(self, work: Work, wish: Wish) -> Response:
        """Answer a browser that is not signed in, or a server (RP-Initiated Logout section 2).

        Anyone who has a cookie of ours is a browser, and what another browser has is not its
        business.
        """
        if wish.problem is not None:
            return web.page("oidc/logged_out.html", 400, problem=wish.problem)
        if wish.sid is not None and not web.has_cookie():
            found = session_store.by_sid(work, wish.sid)
            if found is not None:
                who = wish.client.client_id if wish.client else "an application that is gone"
                sessions.end_one(work, *found, f"signed out by the server of {who}")
        if wish.target is None:
            return web.page("oidc/logged_out.html")
        if wish.client is not None and wish.client.unvetted:
            # No one clicked, and no one here knows whose address it is (RFC 9700 4.11.2).
            host = place(wish.target)
            return web.page("oidc/logged_out.html", onward=wish.target, host=host)
        return redirects.go(wish.target)

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
        """Check a request (section 2). It leads to no one's address but the asking client's.

        Who asks is proved by the hint. `client_id` alone proves nothing, but with an address that
        is registered for that client it says where the person's own click may lead (section 3).
        """
        hint, named = values.get("id_token_hint"), values.get("client_id")
        uri = values.get("post_logout_redirect_uri")
        claims = self._claims(work, hint) if hint else None
        if hint and claims is None:
            return Wish(problem=_("its id_token_hint is not an ID token of this service"))
        audience = str(claims["aud"]) if claims else named
        if claims and named not in (None, audience):
            return Wish(problem=_("its client_id is not that of its id_token_hint"))
        client = self._registry.find(work, audience) if audience else None
        if uri is not None and audience is None:
            return Wish(problem=_("it gives an address to return to, but does not say whose it is"))
        if client is None and (uri is not None or named):
            return Wish(problem=_("the application that it names is not known"))
        if client is not None and uri is not None and not _registered(client, uri):
            return Wish(problem=_("the address to return to is not registered"))
        target = None if uri is None else _target(uri, values.get("state"))
        return Wish(client, str(claims["sid"]) if claims else None, target)

    def _claims(self, work: Work, hint: str) -> dict[str, Any] | None:
        """Return what an ID token of ours says, expired or not; None for any other text."""
        return read_hint(self._issuer.keys.ring(work), self._issuer.name, hint, None)


def _in_use(work: Work, session: SessionRow) -> bool:
    return session.person_id is not None or interactions.proved_in(work, session.id)


def _onward(frames: tuple[str, ...], wish: Wish, *, by_page: bool) -> Response:
    if frames:
        return front_channel.page(frames, wish.target)
    if wish.target is None:
        return web.page("oidc/logged_out.html")
    return redirects.go_on(wish.target, wish.name) if by_page else redirects.go(wish.target)


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
    return with_parameters(uri, {"state": state} if state else {})


def _ask(work: Work, session: SessionRow, values: Mapping[str, str], wish: Wish) -> Response:
    # A doubtful request is not repeated: all that is left of it is that someone wants to leave.
    known = () if wish.problem else FIELDS
    fields = {name: values[name] for name in known if values.get(name)}
    person = people.by_id(work, session.person_id or "")
    return web.page(
        "oidc/logout.html",
        fields=fields,
        problem=wish.problem,
        signed_in=person.name or person.username if person else None,
    )
