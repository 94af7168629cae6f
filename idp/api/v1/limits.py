"""How often one client may ask: counted for all processes together, and told with every answer.

The headers are those of draft-ietf-httpapi-ratelimit-headers.
"""

from idp import clock, crypto
from idp.api.v1.problems import Problem
from idp.installation import Installation
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.store import db, throttles

SECONDS = 60


class Limits:
    """The limit of each client, for one installation."""

    def __init__(self, installation: Installation) -> None:
        self._engine = installation.engine
        self._limit = Window(installation.settings.api.per_minute, SECONDS)

    def count(self, client_id: str) -> dict[str, str]:
        """Count one request, and return the headers that say what is left.

        It is committed by itself: a request that is refused counts too.

        Raises:
            Problem: there were too many.
        """
        key = throttle_keys.api_requests(crypto.digest(client_id))
        with db.work(self._engine) as work:
            held = throttles.count(work, key, self._limit)
            tally = throttles.tally(work, key)
        left = max(0, self._limit.limit - tally.count)
        again = max(1, tally.since + SECONDS - clock.now())
        told = {
            "RateLimit-Policy": f'"client";q={self._limit.limit};w={SECONDS}',
            "RateLimit": f'"client";r={left};t={again}',
        }
        if held is not None:
            text = "this client asks too often"
            raise Problem(429, "too-many", text, headers={**told, "Retry-After": str(again)})
        return told
