"""Failed client authentications, counted per client and source: floods of them are slowed.

Our secrets have 256 bits, so no one guesses one; what is kept small is the rows that a stranger or
a service with an old secret causes. So only what fails is counted and refused: anyone who proves
the client is served, however many strangers failed in its name from the same address, and costs no
statement.
"""

from idp import crypto
from idp.oidc.windows import Windows
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.signin.admission import source
from idp.store.db import Work

FAILURES = Window(30, 60)
"""Thirty in a minute."""


class ClientThrottle:
    """Counters of failures. Threads share one."""

    def __init__(self, keyring: crypto.Keyring) -> None:
        self._keyring = keyring
        self._windows = Windows("too many failed client authentications")

    def failed(self, work: Work, client_id: str) -> None:
        """Count a failure, with the commit of the request; "" stands for all unknown clients.

        Raises:
            SlowDown: it is one too many of this client from this source.
        """
        self._windows.count(work, self._key(work, client_id), FAILURES)

    def _key(self, work: Work, client_id: str) -> str:
        digest = self._keyring.keyed_digest("client", client_id, source(work))
        return throttle_keys.client_failures(digest)
