"""An application that makes every comparison of a sign-in, but for those that a test leaves out."""

import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import requests
from flask import Flask, jsonify, redirect, request, session
from joserfc import jwk, jwt
from werkzeug.serving import make_server

from idp import clock, crypto

LEVEL = "urn:acrux:acr:mfa"
AGE = 600


class Refused(Exception):
    """A comparison failed."""


class Party:
    """The application. `left_out` are the names of comparisons that it does not make."""

    def __init__(self, issuer: str, at: str, *left_out: str) -> None:
        self.issuer, self.at = issuer, at
        self.left_out = set(left_out)
        self.word = ""
        """What shows whose it is."""
        self.words_of_request: dict[str, str] = {}
        """Changes of the authorization request; an empty value takes one away."""

    def wants(self, name: str, holds: Any) -> None:
        if name not in self.left_out and not holds:
            raise Refused(name)

    def flask(self) -> Flask:
        app = Flask("party")
        app.secret_key = "only for the tests"
        app.add_url_rule("/login", "login", self.login)
        app.add_url_rule("/callback", "callback", self.callback, methods=["GET", "POST"])
        app.add_url_rule("/me", "me", lambda: jsonify(session.get("person")))
        app.add_url_rule("/.well-known/acrux-rp-check", "mine", lambda: self.word)
        app.register_error_handler(Refused, lambda error: (str(error), 400))
        return app

    def login(self) -> Any:
        kept = {name: secrets.token_urlsafe(9) for name in ("state", "nonce", "verifier")}
        session["pending"] = kept
        challenge = crypto.base64url(hashlib.sha256(kept["verifier"].encode()).digest())
        asked = {
            "client_id": "party",
            "response_type": "code",
            "redirect_uri": f"{self.at}/callback",
            "scope": "openid profile email",
            "state": kept["state"],
            "nonce": kept["nonce"],
            "acr_values": LEVEL,
            "max_age": str(AGE),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **self.words_of_request,
        }
        query = {name: value for name, value in asked.items() if value}
        return redirect(f"{self.issuer}/authorize?{urlencode(query)}")

    def callback(self) -> Any:
        answer = request.values.to_dict()
        kept: Any = session.get("pending")
        if "state use" not in self.left_out:
            session.pop("pending", None)
        if "state" in self.left_out:
            kept = kept or {"state": "", "nonce": "", "verifier": ""}
        self.wants("state", kept and answer.get("state") == kept["state"])
        self.wants("iss", answer.get("iss") == self.issuer)
        if "error" in answer:
            raise Refused("error")
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": f"{self.at}/callback",
            "code_verifier": kept["verifier"],
        }
        tokens = requests.post(f"{self.issuer}/token", form, timeout=10).json()
        self.wants("tokens", "access_token" in tokens)
        bearer = {"Authorization": f"Bearer {tokens.get('access_token')}"}
        person = requests.get(f"{self.issuer}/userinfo", headers=bearer, timeout=10).json()
        if "id_token" not in self.left_out:
            claims = self.verified(tokens, kept["nonce"])
            self.wants("userinfo", person.get("sub") == claims.get("sub"))
        session["person"] = {"name": person["name"], "email": person["email"]}
        return redirect("/me")

    def verified(self, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
        """Return what an ID token says, once all of it was looked at."""
        if "id_token" not in tokens:
            raise Refused("id_token")
        claims = self.signed(tokens["id_token"])
        now = clock.now()
        half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
        self.wants("issuer", claims.get("iss") == self.issuer)
        self.wants("audience", claims.get("aud") == "party")
        self.wants("expiry", claims.get("exp", 0) > now)
        self.wants("subject", claims.get("sub"))
        self.wants("nonce", claims.get("nonce") == nonce)
        self.wants("acr", claims.get("acr") == LEVEL)
        self.wants("age", claims.get("auth_time", 0) >= now - AGE)
        self.wants("at_hash", claims.get("at_hash") == crypto.base64url(half))
        return claims

    def signed(self, token: str) -> dict[str, Any]:
        if "signature" in self.left_out:
            content: dict[str, Any] = json.loads(crypto.from_base64url(token.split(".")[1]))
            return content
        keys = jwk.KeySet.import_key_set(requests.get(f"{self.issuer}/jwks", timeout=10).json())
        try:
            return jwt.decode(token, keys, algorithms=["RS256"]).claims
        except Exception:
            raise Refused("signature") from None


@contextmanager
def running(party: Party, port: int) -> Iterator[None]:
    """Serve it meanwhile."""
    server = make_server("127.0.0.1", port, party.flask(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
