"""Applications by their id: read from the database, parsed once, kept for seconds."""

import time

from idp.oidc.clients.client import Client, parse
from idp.store.db import Work
from idp.store.oidc import clients


class Registry:
    """Clients by id, from a copy that is a few seconds old at most."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._kept: dict[str, tuple[float, Client]] = {}

    def find(self, work: Work, client_id: str) -> Client | None:
        """Return the client; unknown ones are asked for each time."""
        if not _plausible(client_id):
            return None
        now = time.monotonic()
        kept = self._kept.get(client_id)
        if kept is not None and now - kept[0] < self._seconds:
            return kept[1]
        row = clients.find(work, client_id)
        if row is None:
            self._kept.pop(client_id, None)
            return None
        client = parse(row)
        if len(self._kept) > 10_000:
            self._kept.clear()
        self._kept[client_id] = (now, client)
        return client

    def forget(self, client_id: str) -> None:
        """Read this client anew the next time: it has just been changed here."""
        self._kept.pop(client_id, None)


def _plausible(client_id: str) -> bool:
    """Spare the database what no client is called (and what PostgreSQL takes for no text)."""
    return 0 < len(client_id) <= 128 and client_id.isprintable() and client_id.isascii()
