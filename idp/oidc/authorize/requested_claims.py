"""The claims parameter (OIDC Core 5.5): what a client asks for one by one, beside its scopes."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from idp.oidc import vocabulary
from idp.oidc.errors import RequestError
from idp.oidc.vocabulary import PERSONAL

CONSENT = "claim:"
"""What the consent to a single claim is called among the scopes of a Grant: `claim:email`."""


@dataclass(frozen=True)
class RequestedClaims:
    """What a claims parameter comes to here."""

    id_token: tuple[str, ...] = ()
    """Claims of the person wanted in the ID token, in alphabetical order."""
    userinfo: tuple[str, ...] = ()
    essential_acr: tuple[str, ...] = ()
    voluntary_acr: tuple[str, ...] = ()
    subject: str | None = None
    """The only `sub` that may answer (OIDC Core 3.1.2.2, item 4)."""
    auth_time: bool = False
    """The ID token must say auth_time."""

    def to_json(self, unasked: Collection[str] = ()) -> str | None:
        """Return the names as `oidc.tokens.claims` reads them from an Authorization.

        With what the client is told `unasked`, which is consented to with them.
        """
        if not self.id_token and not self.userinfo and not unasked:
            return None
        parts = {"id_token": self.id_token, "userinfo": self.userinfo}
        return json.dumps(parts | ({"unasked": sorted(unasked)} if unasked else {}))

    def consents(self, scopes: Collection[str], unasked: Collection[str] = ()) -> frozenset[str]:
        """Return the consents that these claims, and those told unasked, need beyond `scopes`."""
        covered = {name for scope in scopes for name in vocabulary.BY_SCOPE.get(scope, ())}
        wanted = {*self.id_token, *self.userinfo, *unasked}
        return frozenset(CONSENT + name for name in wanted - covered)


def read(text: str) -> RequestedClaims:
    """Return what the parameter asks for; what no one here knows is left out.

    Raises:
        RequestError: it is not of the form that OIDC Core 5.5 gives.
    """
    if not text:
        return RequestedClaims()
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError("invalid_request", "claims is not JSON") from None
    if not isinstance(asked, dict):
        raise RequestError("invalid_request", "claims must be a JSON object")
    id_token, userinfo = (_members(asked, part) for part in ("id_token", "userinfo"))
    essential, voluntary = _acr(id_token.get("acr") or {})
    return RequestedClaims(
        id_token=tuple(sorted(PERSONAL & id_token.keys())),
        userinfo=tuple(sorted(PERSONAL & userinfo.keys())),
        essential_acr=essential,
        voluntary_acr=voluntary,
        subject=_subject([part.get("sub") or {} for part in (id_token, userinfo)]),
        auth_time="auth_time" in id_token,
    )


def _members(asked: dict[str, Any], part: str) -> dict[str, dict[str, Any] | None]:
    members = asked.get(part)
    if members is None:
        return {}
    if not isinstance(members, dict) or not all(
        value is None or isinstance(value, dict) for value in members.values()
    ):
        raise RequestError("invalid_request", f"claims.{part} must be a JSON object of objects")
    return members


def _wanted(name: str, asked: dict[str, Any]) -> tuple[str, ...]:
    """Return the values wanted: `value` and `values` alike (OIDC Core 5.5.1)."""
    values = asked.get("values", [])
    single = [asked["value"]] if "value" in asked else []
    if not isinstance(values, list) or not all(map(_is_text, (*single, *values))):
        raise RequestError("invalid_request", f"the {name} claim wants strings as value or values")
    return tuple(dict.fromkeys([*single, *values]))


def _acr(asked: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return essential and voluntary values: the former are met or refused (5.5.1.1)."""
    wanted = _wanted("acr", asked)
    return (wanted, ()) if asked.get("essential") is True else ((), wanted)


def _subject(parts: list[dict[str, Any]]) -> str | None:
    wanted = {value for part in parts for value in _wanted("sub", part)}
    if len(wanted) > 1:
        raise RequestError("invalid_request", "the sub claim can only want one value")
    return next(iter(wanted), None)


def _is_text(value: Any) -> bool:
    """JSON can write what no database stores: NUL, and halves of surrogate pairs."""
    return isinstance(value, str) and value.isprintable()
