"""A client that publishes its keys at its jwks_uri, on a real HTTPS server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.support.applications.signing_client import SigningClient, by_key, key_for, public
from tests.support.programs.https import Answer, HttpsServer, https_server
from tests.support.site import Site

KEPT = 600
"""Seconds for which the site keeps what it fetched."""


@dataclass
class Publisher:
    """A client that publishes keys, and the site that it is registered at."""

    site: Site
    server: HttpsServer
    signer: SigningClient
    headers: dict[str, str] = field(default_factory=dict)

    def publish(self, *keys: dict[str, Any]) -> None:
        self.say(json.dumps({"keys": keys}).encode())

    def say(self, body: bytes, status: int = 200) -> None:
        self.server.routes["/jwks"] = Answer(body, status, self.headers)

    def with_key(self, which: str, kid: str | None, alg: str = "ES256") -> SigningClient:
        """Return the same client, signing with another key."""
        return replace(self.signer, key=key_for(alg, which), kid=kid, alg=alg)

    @property
    def fetched(self) -> int:
        return len(self.server.requests)


@contextmanager
def publishing(folder: Path) -> Iterator[Publisher]:
    """A site, a server and a client whose key `first` is published."""
    with https_server({}, folder) as server:
        settings = {**server.settings(), "oidc__client_keys_cache": KEPT}
        site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", **settings)
        signer = by_key(site, jwks_uri=server.url("/jwks"))
        publisher = Publisher(site, server, signer)
        publisher.publish(public(signer.key, kid="first"))
        yield publisher
        site.close()
