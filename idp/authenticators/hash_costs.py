"""The costs of password hashes: so that a wrong answer takes the same for a name and for no name.

After the cost in the settings was changed, hashes of several costs lie in the database until their
people sign in. A check of the one that a person has would tell, by its time, that there is such a
person. So every wrong answer is checked once at each cost that any hash has: against the person's
own, and for the others against a hash that no password opens. Never decides what a right one is.
"""

import secrets
from base64 import b64encode

from idp import clock
from idp.authenticators.foreign import schemes, wrapping
from idp.store import password_costs
from idp.store.db import Work

KEPT = 60
"""Seconds for which a process remembers which costs there are: they change with the settings."""
NONE = "-"
"""Stands with a hash of no form that is known: it opens nothing, and takes nothing."""


class Costs:
    """Which costs the hashes of the database have, from this process's copy."""

    def __init__(self, today: str) -> None:
        self._today = today
        self._read_at = -(10**9)
        self._known = frozenset({today})

    def all(self, work: Work) -> frozenset[str]:
        """Return every cost that a hash has, and that of the settings."""
        now = clock.now()
        if not 0 <= now - self._read_at < KEPT:
            found = password_costs.known(work)
            self._known = frozenset({self._today, *found}) - {NONE}
            self._read_at = now
        return self._known


def cost_of(hashed: str) -> str:
    """Return what a hash takes to check, in its own words: of Argon2 all before its salt."""
    found = wrapping.parsed(hashed) or schemes.parsed(hashed)
    if found is not None:
        return found.cost
    parts = hashed.split("$")
    if len(parts) != 6 or not parts[1].startswith("argon2"):
        return NONE
    return "$".join(parts[1:4])


def nobodys(cost: str) -> str:
    """Return a hash of that cost that no password opens."""
    if cost.startswith(f"{wrapping.SHORT}$"):
        outer = nobodys(wrapping.long(cost.rpartition("$")[2]))
        return wrapping.nobodys(cost, outer).text
    if not cost.startswith("argon2"):
        return schemes.nobodys(cost)
    salt, digest = (b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    return f"${cost}${salt}${digest}"
