"""What the web layer needs of the installation: names of cookies, proxies, headers of all answers.

Made once for an application. It knows no request.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from idp import crypto
from idp.caller import sources
from idp.messages.look import Looks
from idp.settings.values import Settings
from idp.store.db.connections import Engine


@dataclass
class Frame:
    """What the web layer itself needs of the installation."""

    settings: Settings
    engine: Engine
    keyring: crypto.Keyring
    looks: Looks
    sheet: Callable[[str], str]
    """The address of the style sheet in a colour."""

    @cached_property
    def cookie_name(self) -> str:
        """`__Host-` where the browser enforces it: on https only."""
        return "__Host-acrux" if self.settings.secure else "acrux"

    @cached_property
    def device_name(self) -> str:
        """The cookie that remembers a browser, see `idp.signin.arrival`."""
        return f"{self.cookie_name}-device"

    @cached_property
    def proxies(self) -> tuple[sources.Network, ...]:
        return sources.networks(self.settings.server.trusted_proxies)

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Headers of every answer."""
        found = [
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ]
        if self.settings.secure:
            found.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
        return found
