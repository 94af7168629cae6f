"""What comes in, what comes out, and how it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Presented:
    """What a request brought."""

    authorization: str
    """The header Authorization, "" for none."""
    method: str = "GET"
    url: str = ""
    """Its own address as the caller knows it: only tokens that are bound to a key need it."""
    dpop: tuple[str, ...] = ()
    """Each line of the header DPoP (RFC 9449)."""


@dataclass(frozen=True)
class Verified:
    """A token that is good for this API, and what it says."""

    claims: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """Return who signed in, or the client that acts for itself."""
        return str(self.claims.get("sub", ""))

    @property
    def scopes(self) -> frozenset[str]:
        """Return what the token may do."""
        return frozenset(str(self.claims.get("scope", "")).split())

    @property
    def details(self) -> list[Mapping[str, Any]]:
        """Return the single acts that the person agreed to (RFC 9396), each as it was asked for."""
        found = self.claims.get("authorization_details")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    @property
    def acr(self) -> str | None:
        """Return the level of the sign-in; None when nobody signed in."""
        found = self.claims.get("acr")
        return found if isinstance(found, str) else None

    @property
    def auth_time(self) -> int | None:
        """Return when the oldest proof of it was given, in seconds since 1970 UTC."""
        found = self.claims.get("auth_time")
        return found if type(found) is int else None


class Refused(Exception):
    """A request that is not let in, with its answer (RFC 6750 section 3, RFC 9470 section 3)."""

    def __init__(
        self, status: int, error: str = "", text: str = "", *, scheme: str = "Bearer", **more: str
    ) -> None:
        super().__init__(error or "no token")
        self.status = status
        self.error = error
        said = {"error": error, "error_description": text, **more}
        parts = ", ".join(f'{name}="{value}"' for name, value in said.items() if value)
        self.headers = {
            "WWW-Authenticate": f"{scheme} {parts}".strip(),
            "Cache-Control": "no-store",
        }
        self.body: dict[str, str] = {name: value for name, value in said.items() if value}


class Unreachable(Exception):
    """The provider cannot be asked now: answer 503, and let nobody in."""

    status = 503
    headers: Mapping[str, str] = {"Retry-After": "5", "Cache-Control": "no-store"}
    body: Mapping[str, str] = {"error": "temporarily_unavailable"}
