"""How a browser comes to a guarded host signed in: out to the sign-in, and back with a cookie.

Acrux is here what an application's OpenID Connect library is elsewhere, at addresses of the guarded
host itself: it asks /authorize as any client does (RFC 6749 section 4.1, with state and PKCE) and
redeems the code. So the sign-in is the one engine's, and there is no cookie for two hosts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response

from idp import crypto, web
from idp.forward import cookies, decision, tries
from idp.forward import entry as entries
from idp.forward.decision import Verdict
from idp.forward.guard import REFUSED, START, Guard
from idp.forward.tries import Try
from idp.oidc.authorize import pushed
from idp.oidc.clients.client import Client
from idp.oidc.token_endpoint.redeeming import redeem
from idp.oidc.tokens.issuer import Issuer
from idp.oidc.vocabulary import SCOPES
from idp.store.db import Work

WANTED = ("openid", "profile", "email", "groups")
"""What it asks to know of people, as far as the application may."""
DENIED, NOT_DONE = "denied", "not-done"


@dataclass(frozen=True)
class HandOver:
    """What the way in and out needs of the installation. Threads share one."""

    guard: Guard
    issuer: Issuer

    def start(
        self,
        work: Work,
        client: Client,
        target: str,
        jar: Mapping[str, str],
        *,
        other: bool = False,
    ) -> Response:
        """Send a browser to the sign-in, to come back to `target`; `other`: as somebody else."""
        begun = tries.begin(str(client.forward_origin), target)
        asks = self._sent(work, client, self._asks(client, begun, other))
        answer = web.see_other(f"{self.issuer.name}/authorize?{urlencode(asks)}")
        for name in tries.surplus(jar):
            cookies.take(answer, begun.origin, name)
        value = tries.sealed(self.issuer.keyring, begun)
        cookies.give(answer, begun.origin, begun.cookie, value, tries.LASTS)
        return answer

    def _asks(self, client: Client, begun: Try, other: bool) -> dict[str, str]:
        """Return the request: what the page needs is essential (OIDC Core 5.5.1.1)."""
        needs = decision.needed(client.guarded_paths, begun.path)
        acr, age = decision.to_ask(needs, self.guard.rules.level, client.min_acr)
        allowed = SCOPES if client.scopes is None else client.scopes
        asks = {
            "client_id": client.client_id,
            "redirect_uri": str(client.guarded_callback),
            "response_type": "code",
            "scope": " ".join(name for name in WANTED if name in allowed),
            "state": begun.state,
            "code_challenge": crypto.digest(begun.verifier),
            "code_challenge_method": "S256",
        }
        if acr is not None:
            asked = {"id_token": {"acr": {"essential": True, "values": [acr]}}}
            asks["claims"] = json.dumps(asked)
        if age is not None:
            asks["max_age"] = str(age)
        return asks | ({"prompt": "select_account"} if other else {})

    def _sent(self, work: Work, client: Client, asks: dict[str, str]) -> dict[str, str]:
        """Return what the browser is sent with: the request, or its name where it is pushed."""
        everybody = self.issuer.settings.oidc.require_pushed_authorization_requests
        if not (everybody or client.require_pushed_authorization_requests):
            return asks
        request_uri = pushed.keep(work, client, json.dumps(asks))
        return {"client_id": client.client_id, "request_uri": request_uri}

    def callback(
        self, work: Work, client: Client, given: Mapping[str, str], jar: Mapping[str, str]
    ) -> Response:
        """Take the answer of the sign-in, and lead to the page that was wanted."""
        origin, keyring = str(client.forward_origin), self.issuer.keyring
        begun = tries.brought(keyring, jar, origin, given.get("state", ""))
        if begun is None or given.get("iss") != self.issuer.name:
            return self._refused(client, NOT_DONE)
        answer = self._answered(work, client, begun, given)
        cookies.take(answer, origin, begun.cookie)
        return answer

    def _answered(
        self, work: Work, client: Client, begun: Try, given: Mapping[str, str]
    ) -> Response:
        if "code" not in given:
            over = DENIED if given.get("error") == "access_denied" else NOT_DONE
            return self._refused(client, over)
        tokens = redeem(
            work,
            client,
            self.issuer,
            code=given["code"],
            redirect_uri=str(client.guarded_callback),
            verifier=begun.verifier,
        )
        if tokens is None:
            return self._refused(client, NOT_DONE)
        return self._arrived(work, client, begun, tokens["access_token"])

    def _arrived(self, work: Work, client: Client, begun: Try, token: str) -> Response:
        entry = entries.find(work, client, token)
        if self.guard.verdict(client, begun.path, entry) is Verdict.SIGN_IN:
            # Sent there, the proxy would send it back here, and so on.
            return self._refused(client, NOT_DONE)
        # Also whoever may not see this page may see others.
        answer = web.see_other(f"{begun.origin}{begun.target}")
        cookies.give(answer, begun.origin, cookies.name(begun.origin, cookies.HERE), token)
        return answer

    def sign_out(self, client: Client) -> Response:
        """Send a browser to where it signs out everywhere, which ends what it holds here."""
        return web.see_other(
            f"{self.issuer.name}/end_session?{urlencode({'client_id': client.client_id})}"
        )

    def _refused(self, client: Client, why: str) -> Response:
        asked = urlencode({"client_id": client.client_id, "why": why})
        return web.see_other(f"{self.issuer.name}{REFUSED}?{asked}")


def start_of(client: Client, *, other: bool = False) -> str:
    """Return where a browser begins at the guarded host of `client`, at its first page."""
    asked = {"rd": "/"} | ({"other": "1"} if other else {})
    return f"{client.forward_origin}{START}?{urlencode(asked)}"
