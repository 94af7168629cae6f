"""The APIs of an installation: read from the database, parsed once, kept for seconds."""

from idp.clock import Kept
from idp.oidc.apis.api import Api, parse
from idp.store.db import Work
from idp.store.oidc import apis


class Apis:
    """All APIs, from a copy that is a few seconds old at most."""

    def __init__(self, seconds: int) -> None:
        self._kept = Kept[tuple[Api, ...]](seconds)

    def all(self, work: Work) -> tuple[Api, ...]:
        """Return them by id."""
        return self._kept.get(lambda: stored(work))


def stored(work: Work) -> tuple[Api, ...]:
    """Return the APIs as they are now."""
    return tuple(parse(row) for row in apis.everything(work))
