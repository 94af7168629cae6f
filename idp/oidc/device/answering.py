"""What becomes of a device's request: a code that is typed, a no, or a finished sign-in.

Owns that one person answers, once, and that guesses at codes are few. It shows nothing: `pages`.
"""

from dataclasses import dataclass

from idp import audit, clock
from idp.audit import Event, Outcome
from idp.oidc import device_codes
from idp.oidc.authorize.granting import Granting
from idp.oidc.clients.client import Client
from idp.oidc.provider import Provider
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Window
from idp.signin.demand import Demand
from idp.signin.interaction import Authorized
from idp.store import throttles
from idp.store.db import Work
from idp.store.oidc import device_requests
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.oidc.device_requests import ALLOWED, DENIED, DeviceRow

FROM_ONE_SOURCE = Window(10, 600)
"""So many codes that are none, in ten minutes …"""
FROM_ALL = Window(600, 600)
"""… and of everybody: with a thousand devices waiting, one guess in a year hits one of them."""


@dataclass(frozen=True)
class Held:
    """Too many codes were none: nobody looked at this one."""

    until: int
    """In seconds since 1970 UTC."""


class Answering:
    """What the page of the code needs of the installation. Threads share one."""

    def __init__(self, provider: Provider) -> None:
        self._registry = provider.registry
        self._keyring = provider.installation.keyring
        self._granting = Granting(provider)

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

    def client(self, work: Work, row: DeviceRow) -> Client | None:
        """Return the application of a device; None when it is gone."""
        return self._registry.find(work, row.client_id)

    def deny(self, work: Work, row: DeviceRow, reason: str, person: str | None = None) -> None:
        """Answer no, if nobody has answered yet."""
        if device_requests.claim_answer(work, row.id, DENIED):
            audit.record(
                work,
                Event.DEVICE_DENIED,
                Outcome.REFUSED,
                person=person,
                client=row.client_id,
                reason=reason,
                device_address=row.address,
            )

    def allow(self, work: Work, row: DeviceRow, demand: Demand, done: Authorized) -> bool:
        """Let the device in by a finished sign-in; False when it is too late for that.

        It is stored with the commit, which may still fail (`store.oidc.authorizations.add`): then
        nobody has answered. It is for one person, the first.
        """
        client = self.client(work, row)
        if client is None or not device_requests.claim_answer(work, row.id, ALLOWED):
            return False
        left = row.expires_at - clock.now()
        stored = self._granting.store(work, client, demand, done, row.device_digest, left)
        _note_allowed(work, row, demand, stored, done.finish.reason)
        return True


def _note_allowed(
    work: Work, row: DeviceRow, demand: Demand, stored: AuthorizationRow, reason: str
) -> None:
    audit.record(
        work,
        Event.DEVICE_ALLOWED,
        person=stored.person_id,
        client=stored.client_id,
        sid=stored.sid,
        requested=demand.requested,
        acr=stored.acr,
        amr=stored.amr,
        auth_time=stored.auth_time,
        reason=reason,
        authorization=stored.id,
        device_address=row.address,
    )


def _note(work: Work, event: Event, reason: str) -> None:
    audit.record(work, event, Outcome.REFUSED, reason=reason)
