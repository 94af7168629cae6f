"""Applications by their id: read from the database, parsed once, kept for seconds."""

from idp.clock import Kept
from idp.installation import Installation
from idp.oidc.clients.client import Client, parse
from idp.store.db import Work
from idp.store.oidc import clients


class Registry:
    """Clients by id, from a copy that is a few seconds old at most."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._kept: dict[str, Kept[Client | None]] = {}

    def find(self, work: Work, client_id: str) -> Client | None:
        """Return the client; unknown ones are asked for each time."""
        kept = self._kept.get(client_id)
        if kept is not None and (client := kept.within(self._seconds)) is not None:
            return client
        return self._read(work, client_id) if _plausible(client_id) else None

    def _read(self, work: Work, client_id: str) -> Client | None:
        copy = Kept[Client | None](self._seconds)
        client = copy.get(lambda: stored(work, client_id))
        if client is None:
            self._kept.pop(client_id, None)
            return None
        if len(self._kept) > 10_000:
            self._kept.clear()
        self._kept[client_id] = copy
        return client

    def forget(self, client_id: str) -> None:
        """Read this client again the next time: it has just been changed here."""
        self._kept.pop(client_id, None)


def of(installation: Installation) -> Registry:
    """Return the clients of an installation: the same for every room that asks.

    So what one has just changed, all others read anew.
    """
    return installation.only(Registry, lambda: Registry(installation.settings.oidc.cache))


def stored(work: Work, client_id: str) -> Client | None:
    """Return a client as it is now; None for one that is switched off, too."""
    row = clients.find(work, client_id)
    found = None if row is None else parse(row)
    # For the protocol there is none, until it is switched on again.
    return None if found is None or found.switched_off else found


def _plausible(client_id: str) -> bool:
    """Spare the database what no client is called (and what PostgreSQL takes for no text)."""
    return 0 < len(client_id) <= 128 and client_id.isprintable() and client_id.isascii()
