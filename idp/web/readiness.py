"""Whether this process can do its work now: what a load balancer asks at /readyz.

Tries what everything rests on: the database takes a write, and the keyring opens what is in it. An
answer is kept for a second, so that asking often costs nothing. Owns no other check; `acrux doctor`
says more, and how to mend it.
"""

from idp import keyring_check
from idp.clock import Kept
from idp.crypto import Keyring
from idp.store.db import work
from idp.store.db.connections import Engine
from idp.store.db.schema import DATABASE_ERRORS, one_line
from idp.store.service.seals import try_writing

KEPT = 1.0
"""Seconds for which one answer is given again."""
PATIENCE = 5.0
"""Seconds in which the database must have answered: anyone who asks does not wait for long."""


class Readiness:
    """What /readyz says, one for each process."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine, self._keyring = engine, keyring
        self._said = Kept[str | None](KEPT)

    def problem(self) -> str | None:
        """Return in one line what is wrong; None when requests can be served."""
        return self._said.get(self._try)

    def _try(self) -> str | None:
        try:
            with work(self._engine, PATIENCE) as unit:
                try_writing(unit)
                return keyring_check.problem(unit, self._keyring)
        except DATABASE_ERRORS as error:
            return f"the database said: {one_line(error)}"
