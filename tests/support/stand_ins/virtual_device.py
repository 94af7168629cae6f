"""A device or security key that holds passkeys, in Chromium: its virtual authenticator.

Driven through the DevTools protocol, domain WebAuthn. A page has the devices that were plugged in
there, and no other page has them.
"""

from typing import Any

from playwright.sync_api import Page

Key = dict[str, Any]


class Device:
    """A device at a page. It verifies its user, and confirms at once whatever it is asked.

    `changes` are options of the protocol's VirtualAuthenticatorOptions; `keys` are passkeys that it
    brings along, as `unplug` returned them.
    """

    def __init__(self, page: Page, keys: list[Key] | None = None, **changes: Any) -> None:
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
            **changes,
        }
        made = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = made["authenticatorId"]
        for key in keys or []:
            self._send("WebAuthn.addCredential", credential=key)

    def verify(self, yes: bool) -> None:
        """Let the device verify its user from now on, or fail to."""
        self._send("WebAuthn.setUserVerified", isUserVerified=yes)

    def keys(self) -> list[Key]:
        """Return the passkeys on it."""
        return list(self._send("WebAuthn.getCredentials")["credentials"])

    def unplug(self) -> list[Key]:
        """Take the device away from the page; return the passkeys on it."""
        keys = self.keys()
        self._send("WebAuthn.removeVirtualAuthenticator")
        self._cdp.detach()
        return keys

    def _send(self, command: str, **values: Any) -> Any:
        return self._cdp.send(command, {"authenticatorId": self._id, **values})
