"""Which application a guarded host belongs to: read from the database, kept for seconds."""

import logging
from collections.abc import Mapping

from idp.clock import Kept
from idp.oidc.clients.client import Client
from idp.oidc.clients.registry import Registry
from idp.store.db import Work
from idp.store.oidc import guarded_hosts

_log = logging.getLogger("acrux.forward")


class Hosts:
    """Guarded hosts by their origin. Threads share one."""

    def __init__(self, registry: Registry, seconds: int) -> None:
        """A copy is at most `seconds` old."""
        self._registry = registry
        self._kept = Kept[Mapping[str, str]](seconds)

    def find(self, work: Work, origin: str) -> Client | None:
        """Return the application whose host this is; None where there is none, or it is off."""
        client_id = self._kept.get(lambda: self._read(work)).get(origin)
        client = self._registry.find(work, client_id) if client_id else None
        return client if client is not None and client.forward_origin == origin else None

    def _read(self, work: Work) -> dict[str, str]:
        found: dict[str, str] = {}
        twice = set()
        for client_id in guarded_hosts.client_ids(work):
            client = self._registry.find(work, client_id)
            if client is None or client.forward_origin is None:
                continue
            if client.forward_origin in found:
                twice.add(client.forward_origin)
            found[client.forward_origin] = client_id
        for origin in twice:
            # Whose needs count would be a matter of chance: nobody comes in until it is mended.
            _log.error("two applications have the guarded host %s", origin)
            del found[origin]
        return found
