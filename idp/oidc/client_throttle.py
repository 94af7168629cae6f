"""Failed client authentications, counted per client and source: floods are slowed, nobody else is.

Our secrets have 256 bits, so nobody guesses one; what is kept small is the work, and the rows, that
a stranger or a service with an old secret causes. A success therefore costs no statement: failures
are counted in the database by all processes, and a process that has seen a counter run over refuses
this client from this source, before it looks at anything, until the window ends. Other sources of
the same client are never held back.
"""

from authlib.oauth2 import OAuth2Error

from idp import clock, crypto
from idp.admission import source
from idp.policy.throttle import Window
from idp.store import throttles
from idp.store.db import Work

FAILURES = Window(30, 60)
"""Thirty in a minute."""
_MAX_HELD = 10_000


class SlowDown(OAuth2Error):
    """Too many failures (status 429, RFC 6585; the error's name is of RFC 8628 section 3.5)."""

    error = "slow_down"
    status_code = 429

    def __init__(self, wait: int, *, first: bool) -> None:
        super().__init__(description="too many failed client authentications")
        self.wait = wait
        """Seconds, for Retry-After."""
        self.first = first
        """The one refusal of a series that is recorded."""


class ClientThrottle:
    """Counters of failures. Threads share one."""

    def __init__(self, keyring: crypto.Keyring) -> None:
        self._keyring = keyring
        self._held: dict[str, int] = {}

    def check(self, work: Work, client_id: str) -> None:
        """Refuse early what is known to be held back; "" stands for all unknown clients.

        Raises:
            SlowDown: too many failures of this client from this source.
        """
        if not self._held:
            return
        key = self._key(work, client_id)
        wait = self._held.get(key, 0) - clock.now()
        if 0 < wait <= FAILURES.seconds:
            raise SlowDown(wait, first=False)
        self._held.pop(key, None)

    def failed(self, work: Work, client_id: str) -> None:
        """Count a failure, with the commit of the request.

        Raises:
            SlowDown: it is one too many.
        """
        key = self._key(work, client_id)
        held = throttles.count(work, key, FAILURES)
        if held is None:
            return
        if len(self._held) >= _MAX_HELD:
            self._held.clear()
        wait = held.wait or FAILURES.seconds
        self._held[key] = clock.now() + wait
        raise SlowDown(wait, first=True)

    def _key(self, work: Work, client_id: str) -> str:
        return f"client:{self._keyring.keyed_digest('client', client_id, source(work))}"
