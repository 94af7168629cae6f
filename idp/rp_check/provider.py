"""The provider that misbehaves: what it publishes, answers at `/authorize`, and gives for a code.

It has one person, who does not exist, and takes whatever an application authenticates itself by:
it guards nothing. Threads share one; the sign-ins of a check come one after the other.
"""

import hashlib
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from idp import clock, crypto
from idp.rp_check.asked import Asked
from idp.rp_check.faults import Answer, Claims, Fault, Situation
from idp.rp_check.tokens import Keys

CODES = 120
"""Seconds that a code is good for."""
_LIFE = 300


@dataclass(frozen=True)
class Person:
    """Who signs in."""

    sub: str
    name: str
    email: str

    def claims(self) -> Claims:
        """Return what userinfo says, and ID tokens too: applications read either."""
        return {
            "sub": self.sub,
            "name": self.name,
            "preferred_username": self.sub,
            "email": self.email,
            "email_verified": True,
        }


@dataclass
class Issued:
    """One code, and what the application did with it."""

    asked: Asked
    fault: Fault
    at: float = field(default_factory=time.monotonic)
    redeemed: bool = False
    answered: bool = False
    """Whether tokens were given for it."""
    told: bool = False
    """Whether userinfo was asked for."""
    access_token: str = field(default_factory=crypto.random_token)


class Provider:
    """One provider, at an address of its own."""

    def __init__(self, issuer: str, keys: Keys, person: Person) -> None:
        self.issuer = issuer
        self.person = person
        self.fault = Fault()
        """How it misbehaves now."""
        self._keys = keys
        self._codes: dict[str, Issued] = {}
        self._lock = threading.Lock()

    def metadata(self) -> dict[str, Any]:
        """Return the discovery document (OpenID Connect Discovery 3)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end-session",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self._keys.alg],
            "scopes_supported": ["openid", "profile", "email"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "private_key_jwt",
                "none",
            ],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
            "claims_parameter_supported": True,
            "authorization_response_iss_parameter_supported": True,
        }

    def jwks(self) -> dict[str, Any]:
        """Return the published key."""
        return self._keys.published()

    def issue(self, asked: Asked) -> tuple[str, Answer]:
        """Return a new code for a request, and the parameters that its browser brings back."""
        code = crypto.random_token()
        with self._lock:
            self._codes[code] = Issued(asked, self.fault)
        answer = {"code": code, "iss": self.issuer}
        if asked.state is not None:
            answer["state"] = asked.state
        return code, self.fault.answer(answer, self._situation(asked))

    def issued(self, code: str) -> Issued:
        """Return what became of a code."""
        with self._lock:
            return self._codes[code]

    def redeem(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer at the token endpoint (OpenID Connect Core 3.1.3).

        PKCE and the redirect URI are checked, as any provider does: an application that is safe
        by these is told so.
        """
        with self._lock:
            known = self._codes.get(form.get("code", ""))
            if known is None or known.redeemed or time.monotonic() - known.at > CODES:
                return 400, {"error": "invalid_grant"}
            known.redeemed = True
        asked = known.asked
        if not _verified(asked, form) or form.get("redirect_uri") != asked.redirect_uri:
            return 400, {"error": "invalid_grant"}
        known.answered = True
        answer: dict[str, Any] = {
            "access_token": known.access_token,
            "token_type": "Bearer",
            "expires_in": _LIFE,
            "scope": asked.scope,
        }
        token = known.fault.token(self._keys, self._claims(known))
        return 200, answer if token is None else answer | {"id_token": token}

    def userinfo(self, token: str) -> tuple[int, dict[str, Any]]:
        """Answer at the userinfo endpoint, for the access token of a code."""
        with self._lock:
            found = [one for one in self._codes.values() if one.access_token == token]
        if not found or not found[0].answered:
            return 401, {"error": "invalid_token"}
        found[0].told = True
        situation = self._situation(found[0].asked)
        return 200, found[0].fault.userinfo(
            self.person.claims() | self._level(situation), situation
        )

    def _claims(self, known: Issued) -> Claims:
        situation = self._situation(known.asked)
        claims = {
            **self.person.claims(),
            **self._level(situation),
            "iss": self.issuer,
            "aud": known.asked.client_id,
            "iat": situation.now,
            "exp": situation.now + _LIFE,
            "auth_time": situation.now - 1,
            "at_hash": _half(known.access_token),
            "sid": "rp-check",
        }
        if known.asked.nonce is not None:
            claims["nonce"] = known.asked.nonce
        return known.fault.claims(claims, situation)

    def _level(self, situation: Situation) -> Claims:
        """Return the level that was asked for: the first that would do."""
        acrs = situation.asked.acrs
        return {"acr": acrs[0] if acrs else "urn:acrux:acr:mfa", "amr": ["pwd", "otp", "mfa"]}

    def _situation(self, asked: Asked) -> Situation:
        return Situation(asked, self.issuer, clock.now())


def _verified(asked: Asked, form: dict[str, str]) -> bool:
    """Compare the PKCE verifier with the challenge (RFC 7636 section 4.6)."""
    if not asked.code_challenge:
        return True
    verifier = form.get("code_verifier", "")
    if asked.challenge_method == "S256":
        verifier = crypto.base64url(hashlib.sha256(verifier.encode()).digest())
    return crypto.same(verifier, asked.code_challenge)


def _half(access_token: str) -> str:
    """Return at_hash (OpenID Connect Core 3.1.3.6); all algorithms here are of SHA-256."""
    return crypto.base64url(hashlib.sha256(access_token.encode()).digest()[:16])
