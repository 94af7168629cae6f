"""Devices that ask for a sign-in elsewhere (RFC 8628), by the digests of their codes."""

from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.protocol import DeviceRequest
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import DEVICE_REQUEST

ALLOWED, DENIED = "allowed", "denied"
WAITS_LONGER_BY = 5
"""Seconds that are added to the wait of a device that asks too soon (RFC 8628 section 3.5)."""
LONGEST_WAIT = 60
EARLY = 1
"""Seconds by which a device may be early: its clock, and ours, count whole ones."""


@dataclass(frozen=True)
class DeviceRow:
    """One request of a device. Times in seconds since 1970 UTC."""

    id: str
    """What its page is found by; only who typed the code is led there."""
    device_digest: str
    client_id: str
    request: str
    """What it is for, as JSON: `signin.demand.Demand`."""
    address: str | None
    browser: str | None
    """The kind of browser it asked with, in words of ours."""
    created_at: int
    expires_at: int
    wait: int
    answered_at: int | None
    answer: str | None
    """ALLOWED or DENIED; None as long as nobody answered."""

    @property
    def over(self) -> bool:
        """Return True if nobody can answer it any more."""
        return self.answered_at is not None or self.expires_at <= clock.now()


_ROW = Sealed(DEVICE_REQUEST, reader(DeviceRow, DeviceRequest))
_ADD = Statement(
    "INSERT INTO device_request (id, device_digest, user_digest, client_id, request, address,"
    " browser, created_at, expires_at, wait, asked_at, tag)"
    " VALUES (:id, :device_digest, :user_digest, :client_id, :request, :address,"
    " :browser, :created_at, :expires_at, :wait, 0, :tag)"
)
_BY_ID = Statement(f"SELECT {_ROW.columns} FROM device_request WHERE id = :id")
_BY_DEVICE = Statement(f"SELECT {_ROW.columns} FROM device_request WHERE device_digest = :digest")
_BY_USER = Statement(f"SELECT {_ROW.columns} FROM device_request WHERE user_digest = :digest")
_ASK = Statement(
    "UPDATE device_request SET asked_at = :now WHERE id = :id AND asked_at + wait <= :latest"
)
_SLOW = Statement(
    "UPDATE device_request SET wait = CASE WHEN wait + :more > :most THEN :longest"
    " ELSE wait + :longer END WHERE id = :id"
)
_ANSWER = Statement(
    "UPDATE device_request SET answer = :answer, answered_at = :now WHERE id = :id"
    " AND answered_at IS NULL AND expires_at > :at"
)


def add(
    work: Work, *, id: str, device_digest: str, user_digest: str, lifetime: int, **values: Any
) -> bool:
    """Store a request for `lifetime` seconds; False when the code of the person is in use.

    Or when the client is gone. `values` are the row's own.
    """
    now = clock.now()
    values |= {"id": id, "device_digest": device_digest, "user_digest": user_digest}
    values |= {"created_at": now, "expires_at": now + lifetime}
    tag = DEVICE_REQUEST.tag(work, **values)
    return work.unless_taken(_ADD, **values, tag=tag) == 1


def by_id(work: Work, request_id: str) -> DeviceRow | None:
    """Return a request by what its page is found by, whatever its state; none that was altered."""
    return _ROW.one(work, work.one(_BY_ID, id=request_id))


def by_device(work: Work, digest: str) -> DeviceRow | None:
    """Return the request of a device code, whatever its state."""
    return _ROW.one(work, work.one(_BY_DEVICE, digest=digest))


def by_user(work: Work, digest: str) -> DeviceRow | None:
    """Return the request of a code that a person typed, whatever its state."""
    return _ROW.one(work, work.one(_BY_USER, digest=digest))


def asks(work: Work, row: DeviceRow) -> bool:
    """Note that the device asks; False when that is too soon, and from now on it waits longer."""
    now = clock.now()
    if work.run(_ASK, id=row.id, now=now, latest=now + EARLY) == 1:
        return True
    values = {"longest": LONGEST_WAIT, "most": LONGEST_WAIT}
    values |= {"longer": WAITS_LONGER_BY, "more": WAITS_LONGER_BY}
    work.run(_SLOW, id=row.id, **values)
    return False


def claim_answer(work: Work, request_id: str, answer: str) -> bool:
    """Answer a request: True for one caller, while it is open."""
    now = clock.now()
    return work.run(_ANSWER, id=request_id, answer=answer, now=now, at=now) == 1
