"""The one way to make a token: an Authorization goes in, tokens and their event come out.

Every claim about the sign-in was fixed when the code was issued (ACR.md rule 8); nothing here looks
at the session or at what the person has enrolled. The ledger of evidence will hook in here.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from joserfc import jwt

from idp import audit, clock, crypto
from idp.audit import Event
from idp.oidc.clients import Client
from idp.oidc.keys import Keys, Ring
from idp.settings import Settings
from idp.store import authorizations
from idp.store.authorizations import AuthorizationRow
from idp.store.db import Work

_HASHES = {"RS256": hashlib.sha256, "ES256": hashlib.sha256}


@dataclass(frozen=True)
class Issuer:
    """What making tokens needs of the installation."""

    settings: Settings
    keyring: crypto.Keyring
    keys: Keys

    @property
    def name(self) -> str:
        return self.settings.server.issuer

    def issue(
        self,
        work: Work,
        client: Client,
        authorization: AuthorizationRow,
        *,
        scope: str | None = None,
        refresh_token: str | None = None,
        store_refresh: bool = True,
        event: Event = Event.TOKEN_ISSUED,
    ) -> dict[str, Any]:
        """Return the token response (RFC 6749 section 5.1, OIDC Core 3.1.3.3).

        `scope` narrows the access token (never the refresh token). `refresh_token` is the value to
        hand out, None for none; `store_refresh` is False when it is stored already.
        """
        now = clock.now()
        rules = self.settings.oidc
        access_token = crypto.random_token(32)
        granted = scope or authorization.scope
        authorizations.add_token(
            work,
            digest=crypto.digest(access_token),
            kind="access",
            authorization_id=authorization.id,
            scope=granted,
            expires_at=now + rules.access_token_lifetime,
        )
        response: dict[str, Any] = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": rules.access_token_lifetime,
            "scope": granted,
        }
        if refresh_token is not None:
            if store_refresh:
                self._store_refresh(work, authorization, refresh_token, now)
            response["refresh_token"] = refresh_token
        id_token, jti = self.id_token(work, client, authorization, access_token, now, event)
        response["id_token"] = id_token
        amr = authorization.amr.split()
        audit.record(
            work,
            event,
            person=authorization.person_id,
            client=client.client_id,
            sid=authorization.sid,
            acr=authorization.acr,
            amr=amr,
            auth_time=authorization.auth_time,
            jti=jti,
            authorization=authorization.id,
        )
        return response

    def _store_refresh(
        self, work: Work, authorization: AuthorizationRow, token: str, now: int
    ) -> None:
        rules = self.settings.oidc
        last = authorization.created_at + rules.refresh_absolute
        authorizations.add_token(
            work,
            digest=crypto.digest(token),
            kind="refresh",
            authorization_id=authorization.id,
            scope=authorization.scope,
            expires_at=min(now + rules.refresh_idle, last),
        )

    def id_token(
        self,
        work: Work,
        client: Client,
        authorization: AuthorizationRow,
        access_token: str,
        now: int,
        event: Event,
    ) -> tuple[str, str]:
        """Return a signed ID token (OIDC Core 2) and its `jti`."""
        signer = self.keys.ring(work).signers[client.id_token_signed_response_alg]
        jti = crypto.random_token(12)
        claims: dict[str, Any] = {
            "iss": self.name,
            "sub": authorization.person_id,
            "aud": client.client_id,
            "iat": now,
            "exp": now + self.settings.oidc.id_token_lifetime,
            "jti": jti,
            "acr": authorization.acr,
            "sid": authorization.sid,
            "at_hash": half_hash(access_token, signer.alg),
        }
        if authorization.amr:
            claims["amr"] = authorization.amr.split()
        if authorization.says_auth_time:
            claims["auth_time"] = authorization.auth_time
        if authorization.nonce is not None and event is Event.TOKEN_ISSUED:
            claims["nonce"] = authorization.nonce
        header = {"alg": signer.alg, "typ": "JWT", "kid": signer.kid}
        return jwt.encode(header, claims, signer.key, algorithms=[signer.alg]), jti

    def successor(self, refresh_token: str) -> str:
        """Return the one refresh token that may follow `refresh_token`.

        Derived, not drawn: a client whose answer got lost is given the very same successor again,
        although only digests are stored.
        """
        return self.keyring.keyed_digest("refresh-successor", refresh_token)


def half_hash(value: str, alg: str) -> str:
    """Return at_hash or c_hash: the left half of the hash, base64url (OIDC Core 3.1.3.6)."""
    full = _HASHES[alg](value.encode("ascii")).digest()
    return base64.urlsafe_b64encode(full[: len(full) // 2]).rstrip(b"=").decode()


def read_hint(ring: Ring, issuer: str, token: str, client_id: str | None) -> dict[str, Any] | None:
    """Return the claims of one of our ID tokens, expired or not; None when it is not ours.

    Checked are our signature by a key we published, the algorithm of that key, `iss`, `aud`, and
    that it is an ID token (it has a `sid`): no other token of ours passes for one.
    """
    try:
        kid = _header(token).get("kid", "")
        alg, key = ring.public[str(kid)]
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=[alg]).claims
    except Exception:  # whatever a stranger's token breaks, it is not ours
        return None
    ours = claims.get("iss") == issuer and "sid" in claims and isinstance(claims.get("sub"), str)
    if not ours or (client_id is not None and claims.get("aud") != client_id):
        return None
    return claims


def _header(token: str) -> dict[str, Any]:
    part = token.split(".")[0]
    found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found if isinstance(found, dict) else {}
