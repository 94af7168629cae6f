"""Up to which event nothing can come in between any more, for whoever follows the trail.

On PostgreSQL transactions end in another order than their events are numbered in.
"""

from idp.store import db
from idp.store.db.connections import Engine
from idp.store.service import streams
from idp.store.service.streams import Writers


class Frontier:
    """Asked again and again by one follower: what was begun at one question is over at a later."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked: Writers | None = None

    def limit(self) -> int:
        """Return the number of the event; 0 as long as it is not known."""
        with db.work(self._engine) as work:
            now = streams.writers(work)
        asked = self._asked
        if not now.writing:
            self._asked = None
            return now.newest
        if asked is None:
            self._asked = now
            return 0
        if streams.settled(asked, now):
            self._asked = now
            return asked.newest
        return 0
