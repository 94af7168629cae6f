"""The check itself: a token, for this API, of a sign-in that is strong and fresh enough."""

import json
import time
from collections.abc import Collection, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import extract_compact

from acrux_step_up.proofs import Proofs
from acrux_step_up.provider import Provider
from acrux_step_up.values import Presented, Refused, Verified

ALGS = ("RS256", "ES256", "PS256", "EdDSA", "Ed25519")
SKEW = 10
"""Seconds by which clocks may differ."""
LONGEST = 8192
_SCHEMES = ("bearer", "dpop")


class Api:
    """An API that takes access tokens of one issuer. Threads share one; it fetches when it must.

    `audience` is what `aud` of a token must name. Opaque tokens are introspected, as the client
    `client_id`; the answer is believed for `cache` seconds, so that long a token may outlive its
    end. Tokens by RFC 9068 are verified here, by the issuer's keys, and live until they expire.
    Without `trust_env` no proxy of the environment is used.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        client_id: str = "",
        client_secret: str = "",
        *,
        cache: int = 30,
        timeout: float = 5,
        verify: bool | str = True,
        trust_env: bool = True,
    ) -> None:
        self.issuer, self.audience = issuer, audience
        self._provider = Provider(
            issuer,
            client_id,
            client_secret,
            cache=cache,
            timeout=timeout,
            verify=verify,
            trust_env=trust_env,
        )
        self._proofs = Proofs()

    def check(
        self,
        presented: Presented,
        *,
        acr: str | Collection[str] = (),
        max_age: int | None = None,
        scopes: Collection[str] = (),
    ) -> Verified:
        """Return what the token of a request says.

        `acr` is the level that is demanded: a name, which stands for itself and whatever the issuer
        lists behind it in `acr_values_supported` (Acrux: weakest first), or all names that will do.
        `max_age` is how old the oldest proof may be, in seconds; all of `scopes` must be there.

        Raises:
            Refused: with the answer to give.
            Unreachable: the issuer has to be asked, and cannot be.
        """
        scheme, token = _token(presented.authorization)
        claims = self._claims(token)
        self._check_binding(claims, presented, scheme, token)
        found = Verified(claims)
        missing = set(scopes) - found.scopes
        if missing:
            wanted = " ".join(sorted(scopes))
            raise _refused(scheme, 403, "insufficient_scope", "more is needed", scope=wanted)
        self._check_sign_in(found, scheme, acr, max_age)
        return found

    def _claims(self, token: str) -> Mapping[str, Any]:
        claims = (
            self._signed(token) if token.count(".") == 2 else self._provider.introspected(token)
        )
        now, audience = time.time(), claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        lives = isinstance(claims.get("exp"), int | float) and claims["exp"] > now - SKEW
        active = claims.get("active", True) is True
        if not (active and lives and claims.get("iss") == self.issuer and self.audience in named):
            raise _invalid("the access token is expired, revoked, or not for this API")
        return claims

    def _signed(self, token: str) -> Mapping[str, Any]:
        """Return what a token by RFC 9068 says, whose type and signature are right (section 4)."""
        try:
            header = extract_compact(token.encode()).headers()
            typ, kid = str(header.get("typ", "")).lower(), header.get("kid")
            if typ.removeprefix("application/") != "at+jwt":
                raise _invalid("this is no access token")
            claims = jwt.decode(token, self._provider.keys(kid), algorithms=list(ALGS)).claims
        except (JoseError, ValueError, TypeError, json.JSONDecodeError):
            raise _invalid("the access token cannot be verified") from None
        return dict(claims)

    def _check_binding(
        self, claims: Mapping[str, Any], presented: Presented, scheme: str, token: str
    ) -> None:
        """Demand the proof that a bound token is good with alone (RFC 9449 section 7.1)."""
        bound = claims.get("cnf")
        if bound is None and scheme == "bearer":
            return
        thumbprint = bound.get("jkt") if isinstance(bound, dict) else None
        if not isinstance(thumbprint, str) or scheme != "dpop":
            raise _invalid("this token is brought in another way", "DPoP")
        if not self._proofs.good(presented, token, thumbprint):
            raise Refused(
                401, "invalid_dpop_proof", "the proof does not fit", scheme="DPoP", algs="ES256"
            )

    def _check_sign_in(
        self, found: Verified, scheme: str, acr: str | Collection[str], max_age: int | None
    ) -> None:
        wanted = {"acr_values": acr if isinstance(acr, str) else " ".join(acr)}
        if max_age is not None:
            wanted["max_age"] = str(max_age)
        error = "insufficient_user_authentication"
        if acr and found.acr not in self._enough(acr):
            raise _refused(scheme, 401, error, "a stronger sign-in is needed", **wanted)
        at = found.auth_time
        if max_age is not None and (at is None or time.time() - at > max_age):
            raise _refused(scheme, 401, error, "a newer sign-in is needed", **wanted)

    def _enough(self, acr: str | Collection[str]) -> Collection[str]:
        if not isinstance(acr, str):
            return acr
        listed = self._provider.metadata().get("acr_values_supported", [])
        return listed[listed.index(acr) :] if acr in listed else [acr]


def _token(authorization: str) -> tuple[str, str]:
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() not in _SCHEMES or not token:
        raise Refused(401)
    if len(token) > LONGEST or not token.isascii() or not token.isprintable():
        raise _invalid("this is no access token")
    return scheme.lower(), token


def _refused(scheme: str, status: int, error: str, text: str, **more: str) -> Refused:
    return Refused(status, error, text, scheme="DPoP" if scheme == "dpop" else "Bearer", **more)


def _invalid(text: str, scheme: str = "Bearer") -> Refused:
    return Refused(401, "invalid_token", text, scheme=scheme)
