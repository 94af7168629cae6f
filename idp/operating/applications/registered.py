"""An application as whoever runs Acrux sees it: what is registered, its version, never a secret."""

import json
from dataclasses import dataclass, field
from typing import Any

from idp import clock, crypto
from idp.oidc.clients.client import MEMBERS, Client, parse
from idp.store.oidc.clients import ClientRow


@dataclass(frozen=True)
class Registered:
    """An application as it is now. `secret` is there when one was drawn, to be told this once."""

    client: Client
    created_at: int
    manages_itself: bool
    version: str
    """Another one after each change: whoever changes names the one that was read."""
    secret: str | None = field(default=None, repr=False)

    def chosen(self) -> dict[str, Any]:
        """Return the members that are registered otherwise than by default, as they are held."""
        plain = Client.__dataclass_fields__
        values = {name: getattr(self.client, name) for name in MEMBERS}
        return {name: value for name, value in values.items() if value != plain[name].default}

    def described(self) -> dict[str, Any]:
        """Return what is registered and what holds by default, as JSON has it, without a secret."""
        found = {key: _plain(getattr(self.client, key)) for key in MEMBERS}
        return {
            "client_id": self.client.client_id,
            "name": self.client.name,
            **found,
            "manages_itself": self.manages_itself,
            "created_at": clock.iso(self.created_at),
        }


def version_of(row: ClientRow) -> str:
    """Return what is another one after every change of an application."""
    held = [row.name, row.data, row.secret_digest, row.registration_digest]
    return crypto.digest(json.dumps(held))[:22]


def registered(row: ClientRow, secret: str | None = None) -> Registered:
    """Return a client as it is; with its secret if that was just drawn."""
    return Registered(
        parse(row), row.created_at, row.registration_digest is not None, version_of(row), secret
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
