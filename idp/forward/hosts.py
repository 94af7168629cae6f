"""Which application a guarded host belongs to: read from the database, kept for seconds."""

import logging
from collections.abc import Iterable, Mapping

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

    def _read(self, work: Work) -> Mapping[str, str]:
        ids = guarded_hosts.client_ids(work)
        clients = (self._registry.find(work, client_id) for client_id in ids)
        found, twice = by_origin(client for client in clients if client is not None)
        for origin in twice:
            _log.error("two applications have the guarded host %s", origin)
        return found


def by_origin(clients: Iterable[Client]) -> tuple[Mapping[str, str], frozenset[str]]:
    """Return which of `clients`, none switched off, has each host, and the hosts that two have.

    These are nobody's: whose needs count would be a matter of chance, so nobody comes in there
    until it is mended.
    """
    found: dict[str, str] = {}
    twice = set()
    for client in clients:
        if client.forward_origin is None:
            continue
        if client.forward_origin in found:
            twice.add(client.forward_origin)
        found[client.forward_origin] = client.client_id
    once = {origin: client_id for origin, client_id in found.items() if origin not in twice}
    return once, frozenset(twice)
