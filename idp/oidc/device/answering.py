"""What becomes of a device's request: a code that is typed, and what is answered then.

Owns that guesses at codes are few. It shows nothing: `pages`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp import audit, clock
from idp.audit import Event, Outcome
from idp.oidc import device_codes
from idp.oidc.elsewhere.answering import Answers
from idp.oidc.provider import Provider
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.store import throttles
from idp.store.db import Work
from idp.store.oidc import device_requests
from idp.store.oidc.device_requests import DeviceRow

FROM_ONE_SOURCE = Window(10, 600)
"""So many codes that are none, in ten minutes …"""
FROM_ALL = Window(600, 600)
"""… and of everybody: with a thousand devices waiting, one guess in a year hits one of them."""


@dataclass(frozen=True)
class Held:
    """Too many codes were none: nobody looked at this one."""

    until: int
    """In seconds since 1970 UTC."""


class Answering(Answers[DeviceRow]):
    """What the page of the code needs of the installation. Threads share one."""

    requests = device_requests.REQUESTS
    allowed = Event.DEVICE_ALLOWED
    denied = Event.DEVICE_DENIED

    def __init__(self, provider: Provider) -> None:
        super().__init__(provider)
        self._keyring = provider.installation.keyring

    def code_digest(self, row: DeviceRow) -> str:
        return row.device_digest

    def about(self, row: DeviceRow) -> Mapping[str, Any]:
        return {"device_address": row.address}

    def find(self, work: Work, typed: str) -> DeviceRow | Held | None:
        """Return the request of a code that somebody typed; None when it is of none, or over.

        It is counted before it is looked up, and taken off the count when it is right. What is no
        code in form is no guess.
        """
        code = device_codes.typed(typed)
        if code is None:
            return None
        own = throttle_keys.device_codes(work.caller.address)
        held = throttles.count(work, own, FROM_ONE_SOURCE)
        if held is None:
            held = throttles.count(work, throttle_keys.DEVICE_CODES, FROM_ALL)
        if held is not None:
            _note(work, Event.DEVICE_CODE_HELD, f"held back for {held.wait} seconds")
            return Held(clock.now() + (held.wait or 0))
        work.commit()
        row = device_requests.by_user(work, device_codes.user_digest(self._keyring, code))
        if row is None or row.over or self.client(work, row) is None:
            _note(work, Event.DEVICE_CODE_REFUSED, "no device waits for this code")
            return None
        # Always in one order, or two at once could wait for each other for ever.
        throttles.give_back(work, own)
        throttles.give_back(work, throttle_keys.DEVICE_CODES)
        return row


def _note(work: Work, event: Event, reason: str) -> None:
    audit.record(work, event, Outcome.REFUSED, reason=reason)
