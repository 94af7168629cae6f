"""Whether this process can do its work now: what a load balancer asks at /readyz.

Tries what everything rests on: the database takes a write, and the keyring opens what is in it. An
answer is kept for a second, so that asking often costs nothing. That the ledger waits to be sealed
is a warning: what is issued meanwhile is recorded and sealed later, and sending people elsewhere
would seal nothing. Owns no other check; `acrux doctor` says more, and how to mend it.
"""

from dataclasses import dataclass

from idp import clock
from idp.clock import Kept
from idp.crypto import Keyring
from idp.keyring import keyring_check
from idp.store.db import Work, work
from idp.store.db.connections import Engine
from idp.store.db.schema import DATABASE_ERRORS, one_line
from idp.store.ledger import turns
from idp.store.service.seals import try_writing

KEPT = 1.0
"""Seconds for which one answer is given again."""
PATIENCE = 5.0
"""Seconds in which the database must have answered: anyone who asks does not wait for long."""


@dataclass(frozen=True)
class Said:
    """What one look found: `problem` keeps requests from being served, `warning` does not."""

    problem: str | None
    warning: str | None = None


class Readiness:
    """What /readyz says, one for each process."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine, self._keyring = engine, keyring
        self._said = Kept[Said](KEPT)

    def said(self) -> Said:
        """Return whether requests can be served, and what somebody should look at."""
        return self._said.get(self._try)

    def _try(self) -> Said:
        try:
            with work(self._engine, PATIENCE) as unit:
                try_writing(unit)
                return Said(keyring_check.problem(unit, self._keyring), _warning(unit))
        except DATABASE_ERRORS as error:
            return Said(f"the database said: {one_line(error)}")


def _warning(unit: Work) -> str | None:
    oldest = turns.oldest(unit)
    if oldest is None or clock.now() - oldest <= turns.LATE:
        return None
    return f"the ledger was not sealed for {(clock.now() - oldest) // 60} minutes"
