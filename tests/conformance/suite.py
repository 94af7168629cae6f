"""What the Foundation's suite does in every module: a whole flow, each answer of it checked.

A module that is not about something else runs `Suite.flow`: it sends a person through the
authorization endpoint, redeems the code, checks the ID token and asks for userinfo.
"""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.conformance import checks
from tests.conformance.groundwork import Groundwork
from tests.conformance.party import Party
from tests.conformance.visitor import Callback, Visitor
from tests.support.browser import Answer

LONG = 128
RESPONSE_FIELDS = {"code", "state", "iss", "session_state"}


@dataclass(frozen=True)
class Flow:
    """All that came of one authorization."""

    party: Party
    visitor: Visitor
    request: Mapping[str, str]
    callback: Callback
    tokens: Mapping[str, Any]
    claims: Mapping[str, Any]
    """Those of the ID token."""

    @property
    def code(self) -> str:
        return self.callback.fields["code"]

    @property
    def access_token(self) -> str:
        return str(self.tokens["access_token"])

    @property
    def id_token(self) -> str:
        return str(self.tokens["id_token"])

    @property
    def pages(self) -> tuple[str, ...]:
        return self.callback.pages


class Suite(Groundwork):
    """One module's run against the provider."""

    def request(self, party: Party, **changes: str | None) -> dict[str, str]:
        """Return an authorization request; a change to None leaves a parameter out."""
        asked: dict[str, str | None] = {
            "client_id": party.client_id,
            "redirect_uri": party.redirect_uri,
            "scope": "openid",
            "state": text(10),
            "nonce": text(10),
            "response_type": "code",
            "response_mode": "form_post" if self.variant.form_post else None,
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def sent_back(
        self,
        party: Party,
        visitor: Visitor,
        request: Mapping[str, str],
        *,
        sent: Mapping[str, str] | None = None,
        post: bool = False,
    ) -> Callback:
        """Send a person to the authorization endpoint; return a response that came right.

        `sent` is what travels in the address when that is not the whole `request`.
        """
        endpoint = self.metadata["authorization_endpoint"]
        outer = request if sent is None else sent
        callback = visitor.arrives(endpoint, outer, post=post)
        self.at_redirect_uri(callback, party.redirect_uri)
        return callback

    def at_redirect_uri(self, callback: Callback, redirect_uri: str) -> None:
        """Check that a response came to the redirect URI in the way that was asked for."""
        if self.variant.form_post:
            assert (callback.method, callback.uri) == ("POST", redirect_uri)
            return
        assert callback.method == "GET"
        assert "#" not in callback.uri
        sign = "&" if "?" in redirect_uri else "?"
        assert callback.uri.startswith(redirect_uri + sign)

    def refused(self, callback: Callback, request: Mapping[str, str]) -> str:
        """Check that an authorization request was refused in the right form; return the error."""
        self.at_redirect_uri(callback, request["redirect_uri"])
        assert "code" not in callback.fields
        return checks.error_redirect(
            callback.fields, state=request.get("state"), issuer=self.metadata["issuer"]
        )

    def check_response(self, party: Party, request: Mapping[str, str], callback: Callback) -> None:
        """Check a successful authorization response."""
        fields = callback.fields
        own = {name for name, _ in Callback("GET", party.redirect_uri).query}
        extra = set() if callback.method == "POST" else own
        assert fields.keys() - extra <= RESPONSE_FIELDS, fields
        assert fields["iss"] == self.metadata["issuer"]
        assert fields.get("state") == request.get("state")
        code = fields["code"]
        assert len(code) * 8 >= checks.CODE_BITS
        assert checks.enough_entropy(code)

    def redeem(
        self, party: Party, code: str, *, audience: str | None = None, **more: str
    ) -> Answer:
        """Exchange a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": party.redirect_uri,
            **more,
        }
        return self.ask_for_tokens(party, form, audience)

    def refresh(self, party: Party, refresh_token: str, **more: str) -> Answer:
        """Use a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **more}
        return self.ask_for_tokens(party, form)

    def ask_for_tokens(
        self, party: Party, form: Mapping[str, str], audience: str | None = None
    ) -> Answer:
        """Send a request to the token endpoint, authenticated as the client registered."""
        endpoint = self.metadata["token_endpoint"]
        proof, headers = party.authentication(endpoint, self.provider.now(), audience)
        return self.call("POST", endpoint, {**form, **proof}, headers)

    def id_token(
        self, party: Party, token: str, nonce: str | None, alg: str = "RS256"
    ) -> dict[str, Any]:
        """Return the claims of an ID token that is right in every way."""
        claims = checks.signed_claims(token, self.keys, alg)
        checks.id_token_claims(
            claims,
            issuer=self.metadata["issuer"],
            client_id=party.client_id,
            nonce=nonce,
            now=self.provider.now(),
        )
        return claims

    def userinfo(self, access_token: str, method: str = "GET", form: Any = None) -> Answer:
        """Call the userinfo endpoint, the token in the header unless there is a form."""
        headers = {} if form else {"Authorization": f"Bearer {access_token}"}
        return self.call(method, self.metadata["userinfo_endpoint"], form, headers)

    def flow(
        self,
        party: Party,
        visitor: Visitor | None = None,
        *,
        request: Mapping[str, str] | None = None,
        sent: Mapping[str, str] | None = None,
        post: bool = False,
        redemption: Mapping[str, str] | None = None,
        audience: str | None = None,
        **changes: str | None,
    ) -> Flow:
        """Go the whole way, from the authorization request to userinfo."""
        who = visitor or self.visitor()
        asked = request or self.request(party, **changes)
        callback = self.sent_back(party, who, asked, sent=sent, post=post)
        self.check_response(party, asked, callback)
        code = callback.fields["code"]
        answer = self.redeem(party, code, audience=audience, **(redemption or {}))
        tokens = checks.token_answer(answer)
        claims = self.id_token(party, tokens["id_token"], asked.get("nonce"))
        checks.id_token_hashes(
            claims, access_token=tokens["access_token"], code=code, state=asked.get("state")
        )
        assert ("max_age" not in asked) or ("auth_time" in claims)
        self._check_userinfo(party, tokens["access_token"], claims["sub"])
        return Flow(party, who, asked, callback, tokens, claims)

    def _check_userinfo(self, party: Party, access_token: str, sub: str) -> None:
        answer = self.userinfo(access_token)
        assert answer.status == 200, answer.text
        if "userinfo_signed_response_alg" not in party.registered:
            assert checks.content_type(answer) == "application/json"
            checks.userinfo_claims(answer.json, sub=sub, now=self.provider.now())


def text(length: int) -> str:
    """Return a state or nonce: of letters and digits, and the other unreserved signs if long."""
    letters = string.ascii_letters + string.digits
    tail = "-._~" if length > 10 else ""
    return "".join(secrets.choice(letters) for _ in range(length - len(tail))) + tail


def with_redirect_uri(party: Party, uri: str) -> Party:
    """Return the same client, using another redirect URI."""
    return replace(party, redirect_uri=uri)
