"""RP-initiated logout (OIDC RP-Initiated Logout 1.0): a valid hint, or the person confirms."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Response

from idp import crypto, sessions, web
from idp.oidc.clients import Client, Registry
from idp.oidc.tokens import Issuer, read_hint
from idp.store.db import Work

FIELDS = ("id_token_hint", "post_logout_redirect_uri", "state", "client_id")


class LogoutEndpoint:
    """What /end_session needs."""

    def __init__(self, registry: Registry, issuer: Issuer) -> None:
        self._registry = registry
        self._issuer = issuer

    def answer(self, work: Work, values: Mapping[str, str], *, confirmed: bool) -> Response:
        """End the session when the hint belongs to it or the person confirmed; else ask."""
        session = web.session()
        claims = None
        if values.get("id_token_hint"):
            ring = self._issuer.keys.ring(work)
            claims = read_hint(ring, self._issuer.name, values["id_token_hint"], None)
        client = self._client(work, values, claims)
        target = self._target(values, client)
        live = session is not None and session.person_id is not None and not session.stale
        if live and session is not None:
            ours = claims is not None and crypto.same(str(claims["sid"]), session.sid)
            if not (ours or confirmed):
                return self._ask(values, target)
            sessions.end(work, session, "signed out")
            web.set_cookie("")
        if target is not None:
            return web.see_other(target)
        return web.page("oidc/logged_out.html")

    def _client(
        self, work: Work, values: Mapping[str, str], claims: Mapping[str, object] | None
    ) -> Client | None:
        """The client that a valid hint was issued to; a client_id beside it must agree."""
        if claims is None:
            return None
        audience = str(claims.get("aud"))
        if values.get("client_id") not in (None, "", audience):
            return None
        return self._registry.find(work, audience)

    def _target(self, values: Mapping[str, str], client: Client | None) -> str | None:
        """Where to go afterwards: only a registered address of the client in a valid hint."""
        uri = values.get("post_logout_redirect_uri", "")
        if client is None or uri not in client.post_logout_redirect_uris:
            return None
        state = values.get("state")
        if not state:
            return uri
        parts = urlsplit(uri)
        more = urlencode({"state": state})
        return urlunsplit(parts._replace(query=f"{parts.query}&{more}" if parts.query else more))

    def _ask(self, values: Mapping[str, str], target: str | None) -> Response:
        web.allow_form_action(target)
        fields = {name: values[name] for name in FIELDS if values.get(name)}
        return web.page("oidc/logout.html", fields=fields)
