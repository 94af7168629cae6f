"""What this installation has for a client to choose from."""

from dataclasses import dataclass

from idp.oidc.apis.api import Api
from idp.oidc.vocabulary import (
    AUTH_METHODS,
    LEGACY_GRANT_TYPES,
    LEGACY_RESPONSE_TYPES,
    RESPONSE_TYPES,
    SELF_SIGNED_TLS_CLIENT_AUTH,
    TLS_CLIENT_AUTH,
)
from idp.settings.values import MutualTls


@dataclass(frozen=True)
class Offer:
    """What there is here; the rules of `metadata` compare with it."""

    levels: tuple[str, ...]
    """Every acr value that someone can reach, weakest first."""
    grants: tuple[str, ...]
    """What the token endpoint serves."""
    signing_algs: tuple[str, ...] = ("RS256", "ES256")
    """Those that a key is there for."""
    legacy: bool = False
    """Implicit and hybrid response types exist."""
    refresh_idle: int = 1_209_600
    """Seconds after which a refresh token ends without use, for everyone …"""
    refresh_absolute: int = 7_776_000
    """… and after the sign-in."""
    ways: tuple[str, ...] = ()
    """The ways to sign in that there are."""
    auth_methods: tuple[str, ...] = AUTH_METHODS
    """How a client may prove who it is."""
    apis: tuple[Api, ...] = ()
    """Those that are registered."""

    @property
    def certificates(self) -> bool:
        """Return True if somebody tells which certificate a client shows."""
        return SELF_SIGNED_TLS_CLIENT_AUTH in self.auth_methods

    @property
    def response_types(self) -> tuple[str, ...]:
        return RESPONSE_TYPES + (LEGACY_RESPONSE_TYPES if self.legacy else ())

    @property
    def grant_types(self) -> tuple[str, ...]:
        return self.grants + (LEGACY_GRANT_TYPES if self.legacy else ())


def auth_methods(settings: MutualTls) -> tuple[str, ...]:
    """Return how a client may prove who it is: by certificates where somebody tells of them."""
    if not settings.proxies:
        return AUTH_METHODS
    issued = (TLS_CLIENT_AUTH,) if settings.checks_chains else ()
    return (*AUTH_METHODS, *issued, SELF_SIGNED_TLS_CLIENT_AUTH)
