"""Failed client authentications, counted per client and source: floods of them are slowed.

Our secrets have 256 bits, so no one guesses one; what is kept small is the rows that a stranger or
a service with an old secret causes. So only what fails is counted and refused: anyone who proves
the client is served, however many strangers failed in its name from the same address, and costs no
statement. Failures are counted in the database by all processes; a process that has seen a counter
run over asks the database no more until the window ends.
"""

from idp import clock, crypto
from idp.oidc.errors import SlowDown
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.signin.admission import source
from idp.store import throttles
from idp.store.db import Work

FAILURES = Window(30, 60)
"""Thirty in a minute."""
_MAX_HELD = 10_000


class ClientThrottle:
    """Counters of failures. Threads share one."""

    def __init__(self, keyring: crypto.Keyring) -> None:
        self._keyring = keyring
        self._held: dict[str, int] = {}

    def failed(self, work: Work, client_id: str) -> None:
        """Count a failure, with the commit of the request; "" stands for all unknown clients.

        Raises:
            SlowDown: it is one too many of this client from this source.
        """
        key = self._key(work, client_id)
        known = self._held.get(key, 0) - clock.now()
        if 0 < known <= FAILURES.seconds:
            raise SlowDown(known, first=False)
        self._held.pop(key, None)
        held = throttles.count(work, key, FAILURES)
        if held is None:
            return
        if len(self._held) >= _MAX_HELD:
            self._held.clear()
        wait = held.wait or FAILURES.seconds
        self._held[key] = clock.now() + wait
        raise SlowDown(wait, first=True)

    def _key(self, work: Work, client_id: str) -> str:
        digest = self._keyring.keyed_digest("client", client_id, source(work))
        return throttle_keys.client_failures(digest)
